import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { boundedJsonOrText } from '../files/bounded-json.ts';
import { maskUrl } from '../process/mask-url.ts';
import { type KeySummary, keyWithDefault, labels } from './leaf.ts';
import { isUrlOf } from './url-leaf.ts';

export const PROVIDERS = ['helius', 'triton', 'generic'] as const;

/** Whose machines answer: says how a token is sent, which limits hold and what a call costs. */
export type Provider = (typeof PROVIDERS)[number];

/** One endpoint of the RPC: what has `url` is asked, what has `wsUrl` or `grpcUrl` is listened to. */
export interface EndpointConfig {
  /** Its label in logs, metrics and recordings; no two share one. */
  readonly name: string;
  readonly provider: Provider;
  readonly url?: string;
  readonly wsUrl?: string;
  readonly grpcUrl?: string;
  /** A secret: `api-key` at Helius, the path's last part at Triton, a bearer token elsewhere; `x-token` over gRPC. */
  readonly token?: string;
}

/** The endpoint that `rpc.url` and `rpc.wsUrl` stand for. */
export const MAIN_ENDPOINT = 'main';

const URL_PROTOCOLS = {
  url: ['http:', 'https:'],
  wsUrl: ['ws:', 'wss:'],
  grpcUrl: ['http:', 'https:'],
} as const;
const URL_KEYS = ['url', 'wsUrl', 'grpcUrl'] as const;
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const KNOWN: readonly string[] = ['name', 'provider', ...URL_KEYS, 'token'];

/** RPC endpoints, no name twice. Text form: JSON. */
export function endpointsKey(options: KeySummary & { readonly default: readonly EndpointConfig[] }) {
  const notes = {
    ...labels(options),
    allowed: `a list of {"name", "provider": ${PROVIDERS.map((name) => `"${name}"`).join('|')}, "url"?, "wsUrl"?, "grpcUrl"?, "token"?}`,
    fromText: boundedJsonOrText,
    placeholder: 'JSON',
    mask: maskEndpoints,
    secretIn: (text: string) => namesToken(boundedJsonOrText(text)),
  };
  return keyWithDefault(checkEndpoints, notes, options.default);
}

/** Whose endpoint a URL is, by its host. */
export function providerOf(url: string): Provider {
  const { hostname } = new URL(url);
  if (/(^|\.)helius-rpc\.com$/.test(hostname)) return 'helius';
  return /(^|\.)rpcpool\.com$/.test(hostname) ? 'triton' : 'generic';
}

function checkEndpoints(value: unknown): Outcome<readonly EndpointConfig[], 'bad-value'> {
  if (!Array.isArray(value)) return refusal('bad-value');
  const endpoints: EndpointConfig[] = [];
  for (const [i, item] of (value as unknown[]).entries()) {
    const endpoint = checkEndpoint(item, `entry ${i}`);
    if (!endpoint.ok) return endpoint;
    const { name } = endpoint.value;
    if (endpoints.some((other) => other.name === name)) {
      return refusal('bad-value', `the name "${name}" stands there twice`);
    }
    endpoints.push(endpoint.value);
  }
  return success(endpoints);
}

/** No detail quotes a value that may hold a secret. */
function checkEndpoint(item: unknown, where: string): Outcome<EndpointConfig, 'bad-value'> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return refusal('bad-value', `${where} is not an object`);
  }
  const given = item as Readonly<Record<string, unknown>>;
  const unknownKey = Object.keys(given).find((key) => !KNOWN.includes(key));
  if (unknownKey !== undefined) {
    return refusal('bad-value', `an endpoint has no key ${JSON.stringify(unknownKey)}`);
  }
  const { name, token } = given;
  if (typeof name !== 'string' || !NAME.test(name)) {
    return refusal('bad-value', `${where} needs a name of up to 32 small letters, digits and dashes`);
  }
  const provider = PROVIDERS.find((known) => known === given.provider);
  if (provider === undefined) {
    return refusal('bad-value', `the provider of "${name}" is none of ${PROVIDERS.join(', ')}`);
  }
  const urls: { url?: string; wsUrl?: string; grpcUrl?: string } = {};
  for (const key of URL_KEYS) {
    const url = given[key];
    if (url === undefined) continue;
    const protocols: readonly string[] = URL_PROTOCOLS[key];
    if (typeof url !== 'string' || !isUrlOf(url, protocols)) {
      const begins = protocols.map((protocol) => `${protocol}//`).join(' or ');
      return refusal(
        'bad-value',
        `the ${key} of "${name}" must be a URL that begins with ${begins}, a % in its login written %25`,
      );
    }
    urls[key] = url;
  }
  if (Object.keys(urls).length === 0) {
    return refusal('bad-value', `"${name}" has none of ${URL_KEYS.join(', ')}`);
  }
  if (token === undefined) return success({ name, provider, ...urls });
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(token)) {
    return refusal('bad-value', `the token of "${name}" must be a text of visible ASCII characters`);
  }
  return success({ name, provider, ...urls, token });
}

function namesToken(value: unknown): boolean {
  return Array.isArray(value) && value.some((item: unknown) => Object.hasOwn(Object(item), 'token'));
}

function maskEndpoints(value: unknown): unknown {
  if (!Array.isArray(value)) return maskUrl('');
  return (value as unknown[]).map((item) => {
    if (typeof item !== 'object' || item === null) return maskUrl('');
    return Object.fromEntries(
      Object.entries(item).map(([key, member]) => {
        if (key === 'name' || key === 'provider') return [key, member];
        const isUrl = (URL_KEYS as readonly string[]).includes(key);
        return [key, maskUrl(isUrl && typeof member === 'string' ? member : '')];
      }),
    );
  });
}
