/**
 * Starts the API: `API_PORT=4000 DATABASE_URL=postgresql://... node --import tsx api/server.ts`.
 * HOST is where it listens (127.0.0.1; 0.0.0.0 for everyone), LOG_LEVEL what it says. SIGTERM and SIGINT stop it cleanly.
 */
import pino from 'pino';
import { z } from 'zod';
import { openApi } from './app.ts';

/** EX_CONFIG of sysexits.h. */
const EXIT_BAD_SETTINGS = 78;
/** The number of EADDRINUSE on Linux: whoever started it can pick another port. */
const EXIT_PORT_TAKEN = 98;
/** Longer than a clean stop takes, and within the two seconds that are promised. */
const STOP_DEADLINE_MS = 1_800;

const settingsSchema = z.object({
  API_PORT: z.coerce.number().int().min(0).max(65_535).default(4_000),
  DATABASE_URL: z
    .string({
      error: 'expected the address of a Postgres, e.g. postgresql://user:password@host:5432/database',
    })
    .min(1),
  HOST: z.string().min(1).default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

const settings = settingsSchema.safeParse(process.env);
if (!settings.success) {
  for (const { path, message } of settings.error.issues) console.error(`${path.join('.')}: ${message}`);
  process.exit(EXIT_BAD_SETTINGS);
}
const { API_PORT: port, DATABASE_URL: databaseUrl, HOST: host, LOG_LEVEL: level } = settings.data;
const log = pino({ name: 'api', level });

const api = await openApi({ databaseUrl, host, port, log }).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`Port ${port} on ${host} is taken by another program. Set API_PORT to a free one.`);
  process.exit(EXIT_PORT_TAKEN);
});
log.info({ url: api.url }, 'ready');

let isStopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(0), STOP_DEADLINE_MS).unref();
    void api.close().finally(() => process.exit(0));
  });
}
