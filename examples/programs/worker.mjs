// One of several workers behind one port: PM2's cluster mode shares the listening socket among them.
import { createServer } from "node:http";

const host = "127.0.0.1";
const port = Number(process.env.PORT ?? 18738);
const instance = process.env.NODE_APP_INSTANCE ?? "0";

const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify({ instance, pid: process.pid })}\n`);
});

server.on("error", (error) => {
  console.error(`worker ${instance}: cannot listen on ${host}:${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => console.log(`worker ${instance}: http://${host}:${port}/`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    console.log(`worker ${instance}: ${signal}, closing`);
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
