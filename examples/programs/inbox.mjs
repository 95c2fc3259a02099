// Receives what the courier brings, over UDP on loopback, and writes it to the log.
import { createSocket } from "node:dgram";

const host = "127.0.0.1";
const port = Number(process.env.MAIL_PORT ?? 18739);

const socket = createSocket("udp4");
socket.on("message", (message) => console.log(`inbox: ${message}`));
socket.on("error", (error) => {
  console.error(`inbox: cannot listen on ${host}:${port}: ${error.message}`);
  process.exit(1);
});
socket.bind(port, host, () => console.log(`inbox: waiting on ${host}:${port}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    console.log(`inbox: ${signal}, closing`);
    socket.close(() => process.exit(0));
  });
}
