/** The CLI's side of the engine: JSON-RPC 2.0, one message per line, on stdin and stdout. */
import { createInterface } from 'node:readline';

// What the native engine answers for every failure; the CLI then reads `data`.
const ENGINE_ERROR_CODE = 4466;

/** `open` makes the engine; it is called once, at the first request. */
export function serveRpc(open) {
  let engine;
  const answers = new Map();
  let lastId = 0;
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  /** Asks the CLI for something and waits until it says done. */
  const ask = (method, params) =>
    new Promise((resolve) => {
      const id = `engine-${++lastId}`;
      answers.set(id, resolve);
      send({ method, params, id });
    });

  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const message = JSON.parse(line);
    if (!message.method) {
      answers.get(message.id)?.();
      answers.delete(message.id);
      return;
    }
    try {
      engine ??= open();
      send({ id: message.id, result: await call(await engine, message, ask) });
    } catch (error) {
      send({ id: message.id, error: rpcError(error) });
    }
  });
  lines.on('close', () => process.exit(0));
}

async function call(engine, { method, params }, ask) {
  // The one method with different names on the two sides.
  const name = method === 'getDatabaseVersion' ? 'version' : method;
  if (typeof engine[name] !== 'function') throw new Error(`The WASM schema engine has no method ${method}.`);
  const result = await engine[name](params);
  // `diff` of the native engine prints its text through the CLI instead of returning it.
  if (method === 'diff' && result?.stdout != null) {
    await ask('print', { content: result.stdout });
    return { exitCode: result.exitCode };
  }
  return result ?? {};
}

function rpcError(error) {
  const message = String(error?.message ?? error);
  const code = error?.code ?? /\b(P\d{4})\b/.exec(message)?.[1];
  return {
    code: ENGINE_ERROR_CODE,
    message: 'An error happened. Check the data field for details.',
    data: { is_panic: false, message, meta: error?.meta ?? {}, ...(code ? { error_code: code } : {}) },
  };
}
