'use strict';
// Does what the file `<app>.order` beside it says, at its start and whenever that changes:
// `<pid, or all> <verb> <arguments>`. What it did last stands in `<app>.told`: `<pid> <verb> <what came of it>`.
const cluster = require('cluster');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { spawn } = require('child_process');

const own = path.join(__dirname, process.env.name);
let kept;

const verbs = {
  // Ends with this code, after so many milliseconds.
  exit: (code, after) => setTimeout(() => process.exit(Number(code)), Number(after)),
  // Fills so many megabytes.
  eat: (megabytes) => { kept = Buffer.alloc(Number(megabytes) * 1048576, 1); },
  // Does not end when a signal asks it to, and tells that one did.
  deaf: () => { process.on('SIGINT', () => tell('asked')); },
  // Tells how it was asked to end, and ends.
  listen: () => {
    process.on('SIGINT', () => { tell('ended by a signal'); process.exit(0); });
    process.on('message', (message) => {
      if (message === 'shutdown') { tell('ended by a message'); process.exit(0); }
    });
  },
  // Has a child.
  breed: () => spawn('sleep', ['600'], { stdio: 'ignore' }).pid,
  // Says to PM2 that it is ready; it does so at its start unless it was told to be silent.
  ready: () => { process.send('ready'); },
  silent: () => {},
  rest: () => {},
};

function tell(what) {
  fs.writeFileSync(`${own}.new`, `${process.pid} ${what}`);
  fs.renameSync(`${own}.new`, `${own}.told`);
}

function order() {
  try { return fs.readFileSync(`${own}.order`, 'utf8'); } catch { return ''; }
}

let obeyed = '';
function obey() {
  const current = order();
  if (current === obeyed) return;
  obeyed = current;
  const [whom, verb, ...words] = current.split(' ');
  if (whom !== 'all' && Number(whom) !== process.pid) return;
  const result = verbs[verb](...words);
  tell(`${verb} ${typeof result === 'number' ? result : ''}`);
}

function begin() {
  if (order() !== 'all silent') verbs.ready();
  tell('up');
  obey();
  setInterval(obey, 50);
}

// Told `once`, it ends a little after its first start, and PM2 restarts it.
function isFirst() {
  try { fs.closeSync(fs.openSync(`${own}.once`, 'wx')); return true; } catch { return false; }
}

if (process.argv.includes('once') && isFirst()) setTimeout(() => process.exit(0), 150);
// A worker that listens is what a reload waits for.
else if (cluster.isWorker) net.createServer().listen(0, '127.0.0.1', begin);
else begin();
