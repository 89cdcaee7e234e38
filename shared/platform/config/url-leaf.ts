import { refusal, success } from '../../core/outcome.ts';
import { maskUrl } from '../mask-url.ts';
import { asIs, type KeySummary, labels, optionalKey } from './leaf.ts';

/** A URL of one of `protocols` (`'https:'`). Shown with credentials, keys in the path and the query masked. */
export function urlKey(options: KeySummary & { readonly protocols: readonly string[] }) {
  const { protocols } = options;
  return optionalKey<string>(
    (value) => {
      if (typeof value !== 'string' || !URL.canParse(value)) return refusal('bad-value');
      return protocols.includes(new URL(value).protocol) ? success(value) : refusal('bad-value');
    },
    {
      ...labels(options),
      allowed: `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
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
