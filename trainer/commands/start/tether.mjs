// Preloaded into every child of `residua start`: when the parent is gone, however it went, the child goes too.
// The channel must not keep a child alive that has nothing else to do, so it is unreferenced.
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5_000).unref();
});
process.channel?.unref();
