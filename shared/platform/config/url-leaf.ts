import { refusal, success } from '../../core/outcome.ts';
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
      mask: maskUrl,
    },
  );
}

const MASK = '****';
/** Path segments this long are keys, not names. */
const KEY_LENGTH = 12;

/**
 * `text` without what RPC providers put their keys in: user and password, query values, the fragment and long path
 * segments. Text that is no URL is masked whole.
 */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  if (url.host === '') return MASK;
  const user = url.username === '' && url.password === '' ? '' : `${MASK}@`;
  const path = url.pathname
    .split('/')
    .map((segment) => (segment.length >= KEY_LENGTH ? MASK : segment))
    .join('/');
  const query = [...url.searchParams.keys()].map((key) => `${key}=${MASK}`).join('&');
  const shown = `${url.protocol}//${user}${url.host}${path === '/' ? '' : path}`;
  return `${shown}${query === '' ? '' : `?${query}`}`;
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
