/** Where the API is: one address for this server, another for the visitor's browser. The only file that reads the environment. */
import { headers } from 'next/headers';

const DEFAULT_API_PORT = '4000';

/** The address this server fetches from. */
export function serverEndpoint(env: NodeJS.ProcessEnv = process.env): string {
  return env.RESIDUA_API_URL ?? `http://127.0.0.1:${env.API_PORT ?? DEFAULT_API_PORT}/graphql`;
}

export interface PublicEndpoint {
  /** For curl and fetch. */
  readonly http: string;
  /** For graphql-ws. */
  readonly ws: string;
}

/** The address a visitor's browser reaches: the host name the page was asked at, unless RESIDUA_PUBLIC_API_URL says otherwise. */
export async function publicEndpoint(): Promise<PublicEndpoint> {
  const asked = await headers();
  const host = asked.get('x-forwarded-host') ?? asked.get('host') ?? 'localhost';
  const secure = asked.get('x-forwarded-proto') === 'https';
  return endpointAt(host, secure, process.env);
}

export function endpointAt(host: string, secure: boolean, env: NodeJS.ProcessEnv): PublicEndpoint {
  const hostname = host.replace(/:\d+$/, '');
  const http =
    env.RESIDUA_PUBLIC_API_URL ??
    `${secure ? 'https' : 'http'}://${hostname}:${env.API_PORT ?? DEFAULT_API_PORT}/graphql`;
  return { http, ws: http.replace(/^http/, 'ws') };
}
