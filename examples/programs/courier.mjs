// Sends one letter to the inbox now and then, over UDP on loopback.
import { createSocket } from "node:dgram";

const host = "127.0.0.1";
const port = Number(process.env.MAIL_PORT ?? 18739);
const sender = process.env.MAIL_SENDER ?? "nobody";
const [interval = "30"] = process.argv.slice(2);
let sent = 0;

const socket = createSocket("udp4");
function send() {
  sent += 1;
  // Nobody listening is no failure: the inbox may be starting, and the next letter comes.
  socket.send(`letter ${sent} from ${sender}`, port, host, (error) => {
    if (error) console.error(`courier: ${error.message}`);
  });
}

console.log(`courier: a letter every ${interval} s to ${host}:${port}`);
send();
const round = setInterval(send, Number(interval) * 1000);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    console.log(`courier: ${signal}, ${sent} letters sent`);
    clearInterval(round);
    socket.close(() => process.exit(0));
  });
}
