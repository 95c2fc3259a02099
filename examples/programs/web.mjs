// A small HTTP service on loopback: answers every request with one greeting.
import { createServer } from "node:http";

const host = "127.0.0.1";
const port = Number(process.env.PORT ?? 18737);
const greeting = process.env.GREETING ?? "hello";
let served = 0;

const server = createServer((request, response) => {
  served += 1;
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`${greeting} from ${process.pid}\n`);
});

server.on("error", (error) => {
  console.error(`web: cannot listen on ${host}:${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => console.log(`web: http://${host}:${port}/`));

const report = setInterval(() => console.log(`web: ${served} requests served`), 60_000);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    console.log(`web: ${signal}, closing`);
    clearInterval(report);
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
