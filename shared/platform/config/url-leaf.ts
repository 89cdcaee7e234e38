import { refusal, success } from '../../core/outcome.ts';
import { maskUrl } from '../process/mask-url.ts';
import { asIs, type KeySummary, labels, optionalKey } from './leaf.ts';

/** True for a URL of one of `protocols` whose login, if it has one, can be sent: its escapes are whole. */
export function isUrlOf(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol)) return false;
  try {
    decodeURIComponent(url.username);
    decodeURIComponent(url.password);
    return true;
  } catch {
    // A lone % stands in a login as %25.
    return false;
  }
}

/** A URL of one of `protocols` (`'https:'`). Shown with credentials, keys in the path and the query masked. */
export function urlKey(options: KeySummary & { readonly protocols: readonly string[] }) {
  const { protocols } = options;
  return optionalKey<string>(
    (value) => {
      return typeof value === 'string' && isUrlOf(value, protocols) ? success(value) : refusal('bad-value');
    },
    {
      ...labels(options),
      allowed: `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}, a % in its login written %25`,
      fromText: asIs,
      placeholder: 'URL',
      mask: (value) => (value === undefined ? value : maskUrl(typeof value === 'string' ? value : '')),
    },
  );
}

/**
 * The WebSocket URL that belongs to an RPC URL, by the field's convention: the same host and path, the port after it
 * when the URL names one (8899 → 8900), the same port otherwise.
 */
export function webSocketUrlFor(rpcUrl: string): string {
  const url = new URL(rpcUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (url.port !== '') url.port = String(Number(url.port) + 1);
  return url.toString();
}
