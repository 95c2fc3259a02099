// Loaded into PM2's daemon before its own code: kills the tool at one of the calls that change something.
//
// `step` in PM2_HOME says at which one, counted from 1, and whether PM2 still gets it; `step.pid` is the tool. What was
// called there is left in `step.hit`.
const fs = require('fs')
const net = require('net')
const path = require('path')

const READING = ['getMonitorData', 'getSystemData', 'getVersion', 'getReport', 'ping']
const home = process.env.PM2_HOME
const read = name => { try { return fs.readFileSync(path.join(home, name), 'utf8') } catch { return '' } }

let run
let calls = 0

// Whether PM2 is to get this.
function passes (socket, data) {
  const step = read('step')
  if (step === '') return true
  if (step !== run) { run = step; calls = 0 }
  const call = /"method":"(\w+)"/.exec(data.toString('latin1'))
  if (call === null || READING.includes(call[1])) return !socket.dropped
  const { at, arrives } = JSON.parse(step)
  calls += 1
  if (calls < at) return true
  if (calls === at) {
    fs.writeFileSync(path.join(home, 'step.hit'), call[1])
    process.kill(Number(read('step.pid')), 'SIGKILL')
    if (arrives) return true
  }
  socket.dropped = true
  return false
}

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  if (String(args[0]).endsWith('rpc.sock')) {
    this.prependListener('connection', socket => {
      const { emit } = socket
      socket.emit = (event, ...rest) =>
        event === 'data' && !passes(socket, rest[0]) ? true : emit.call(socket, event, ...rest)
    })
  }
  return listen.apply(this, args)
}
