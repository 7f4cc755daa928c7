// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { endpointAt, serverEndpoint } from './endpoint.ts';

const env = (values: Record<string, string>) => values as NodeJS.ProcessEnv;

describe('endpoints', () => {
  it('send the browser to the host name it asked at, on the API’s port', () => {
    expect(endpointAt('lab.local:3000', false, env({ API_PORT: '4106' }))).toEqual({
      http: 'http://lab.local:4106/graphql',
      ws: 'ws://lab.local:4106/graphql',
    });
    expect(endpointAt('[::1]:3000', false, env({})).ws).toBe('ws://[::1]:4000/graphql');
  });

  it('stay secure behind a secure proxy', () => {
    expect(endpointAt('residua.example', true, env({})).ws).toBe('wss://residua.example:4000/graphql');
    expect(endpointAt('x', false, env({ RESIDUA_PUBLIC_API_URL: 'https://api.example/graphql' })).ws).toBe(
      'wss://api.example/graphql',
    );
  });

  it('let this server reach the API by its own address', () => {
    expect(serverEndpoint(env({}))).toBe('http://127.0.0.1:4000/graphql');
    expect(serverEndpoint(env({ RESIDUA_API_URL: 'http://api:4000/graphql' }))).toBe(
      'http://api:4000/graphql',
    );
  });
});
