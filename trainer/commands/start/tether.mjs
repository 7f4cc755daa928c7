// Preloaded into every child of `residua start`: when the parent is gone, however it went, the child goes too; and the
// parent is told of every port the child listens on, so that it takes no other program's answer for the child's.
// The channel must not keep a child alive that has nothing else to do, so it is unreferenced.
import net from 'node:net';

process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5_000).unref();
});
process.channel?.unref();

// A child's own children inherit this preload, and have channels of their own, which are not ours to speak on.
if (process.ppid === Number(process.env.RESIDUA_TETHERED_TO)) {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...args) {
    this.once('listening', () => {
      if (process.connected) process.send({ listening: this.address()?.port });
    });
    return listen.apply(this, args);
  };
}
