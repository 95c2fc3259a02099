// Stands for a server that says when it can be reached.
if (process.send) process.send('ready');
setInterval(() => {}, 1 << 30);
