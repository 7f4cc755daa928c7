/** Finds a free port at or after the wanted one. */
import net from 'node:net';

const MAX_STEPS = 50; // further than anyone's forgotten servers

export function isPortFree(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port is taken when anything listens on it: on every address (the default host), or on ours alone. */
export async function findPort(wanted: number, host: string, taken: readonly number[] = []): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + MAX_STEPS, 65_536); port++) {
    if (!taken.includes(port) && (await isPortFree(port)) && (await isPortFree(port, host))) return port;
  }
  throw new Error(
    `no free port between ${wanted} and ${wanted + MAX_STEPS}: set PORT or API_PORT to another range`,
  );
}
