import type { EndpointConfig } from '../config/endpoint-leaf.ts';

/** Where to connect, with the endpoint's secrets in it: never for a log. */
export interface EndpointAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `url` (one of the endpoint's HTTP or WebSocket URLs) with the token where its provider wants it. */
export function endpointAddress(
  { provider, token }: Pick<EndpointConfig, 'provider' | 'token'>,
  url: string,
): EndpointAddress {
  if (token === undefined) return { url, headers: {} };
  const target = new URL(url);
  switch (provider) {
    case 'helius':
      target.searchParams.set('api-key', token);
      return { url: target.toString(), headers: {} };
    case 'triton':
      target.pathname = `${target.pathname.replace(/\/$/, '')}/${encodeURIComponent(token)}`;
      return { url: target.toString(), headers: {} };
    case 'generic':
      return { url, headers: { authorization: `Bearer ${token}` } };
  }
}
