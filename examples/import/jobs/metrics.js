// Stands for a program that runs until it is ended.
setInterval(() => {}, 1 << 30);
