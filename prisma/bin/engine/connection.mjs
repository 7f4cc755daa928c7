/** From Prisma's datasource URL to node-postgres settings. */

/** Parameters only Prisma understands; Postgres would refuse them as settings. */
const PRISMA_PARAMETERS = [
  'schema',
  'connection_limit',
  'pool_timeout',
  'connect_timeout',
  'sslaccept',
  'pgbouncer',
];

export function connectionFrom(datasourceUrl) {
  const url = new URL(datasourceUrl);
  const schema = url.searchParams.get('schema') ?? 'public';
  for (const name of PRISMA_PARAMETERS) url.searchParams.delete(name);
  const sslMode = url.searchParams.get('sslmode');
  const wantsSsl = ['require', 'verify-ca', 'verify-full'].includes(sslMode);
  return {
    schema,
    // Spelled out, without a connectionString: that would override `database` and so turn the shadow database of
    // `migrate dev` into the main one.
    client: {
      host: url.searchParams.get('host') ?? url.hostname,
      port: Number(url.port || 5432),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
      ssl: wantsSsl ? { rejectUnauthorized: sslMode !== 'require' } : undefined,
      connectionTimeoutMillis: 5_000,
    },
  };
}
