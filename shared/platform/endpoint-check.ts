import { request } from 'undici';
import { WebSocket } from 'ws';
import type { Address } from '../core/address.ts';
import { ArbError, errorText } from '../core/errors.ts';
import { sleep } from './backoff.ts';
import type { EndpointConfig } from './config/endpoint-leaf.ts';
import { endpointAddress } from './endpoint-address.ts';
import { passesSoon, type RefusalKind, refusalKind } from './http/refusal.ts';
import {
  createSecretMask,
  type SecretMask,
  secretsOfHeaders,
  secretsOfUrl,
  sentenceOf,
} from './http/secrets.ts';

/** What is the matter with one wire of an endpoint; `passing` passes by itself. */
export type WireTrouble =
  | 'unreachable'
  | 'key'
  | 'plan'
  | 'no-node'
  | 'no-websocket'
  | 'wrong-network'
  | 'passing';

export interface WireCheck {
  readonly endpoint: string;
  readonly wire: 'http' | 'websocket';
  /** '' when it works. */
  readonly trouble: WireTrouble | '';
  /** A sentence for a person, without secrets; '' when it works. */
  readonly why: string;
  /** Over HTTP, when it said so. */
  readonly genesisHash: string;
}

export interface EndpointCheckParams {
  readonly endpoints: readonly EndpointConfig[];
  /** Accounts that must be on the right chain: pools that are wanted. */
  readonly pools: readonly Address[];
  readonly signal?: AbortSignal | undefined;
  /** Of one question. Default 3 s. */
  readonly timeoutMs?: number;
  /** How often an endpoint that cannot be reached is tried. Default 2. */
  readonly rounds?: number;
}

const MOST_POOLS = 50;
const MOST_BYTES = 1_000_000;
const BETWEEN_MS = 1_000;
const NETWORKS: Readonly<Record<string, string>> = {
  '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d': 'mainnet',
  EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG: 'devnet',
  '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY': 'testnet',
};

/**
 * Asks each endpoint once, before anything is built on it: can it be reached, does it take our key, is it a node, of the
 * chain that has these pools, and does it speak over a WebSocket. Returns what does not work; throws ArbError when
 * nothing would ever come of it: `rpc-…`, `ws-…` or `network-…`. What passes by itself stops nothing.
 */
export async function checkEndpoints(params: EndpointCheckParams): Promise<readonly WireCheck[]> {
  const { endpoints, rounds = 2, signal } = params;
  let checks: readonly WireCheck[] = [];
  for (let round = 1; round <= rounds; round++) {
    checks = (await Promise.all(endpoints.map((endpoint) => checkEndpoint(endpoint, params)))).flat();
    if (signal?.aborted === true) return [];
    const waits = (['http', 'websocket'] as const).some(
      (wire) => !works(checks, wire) && of(checks, wire).some(({ trouble }) => trouble === 'unreachable'),
    );
    if (!waits || round === rounds) break;
    await sleep(BETWEEN_MS, signal);
  }
  const chains = new Set(checks.map(({ genesisHash }) => genesisHash).filter((hash) => hash !== ''));
  if (chains.size > 1) {
    const each = checks.filter(({ genesisHash }) => genesisHash !== '');
    const said = each.map(({ endpoint, genesisHash }) => `${endpoint} is of ${networkName(genesisHash)}`);
    throw new ArbError('network-mixed', `the endpoints are of different chains: ${said.join(', ')}`);
  }
  for (const wire of ['http', 'websocket'] as const) {
    if (works(checks, wire)) continue;
    const troubles = of(checks, wire);
    if (troubles.length === 0) continue;
    // The one that a person can do most about.
    const worst = ORDER.flatMap((kind) => troubles.filter(({ trouble }) => trouble === kind))[0];
    if (worst !== undefined)
      throw new ArbError(CODES[worst.trouble as keyof typeof CODES], sentences(troubles));
  }
  return checks.filter(({ trouble }) => trouble !== '');
}

const ORDER = ['wrong-network', 'key', 'plan', 'no-websocket', 'no-node', 'unreachable'] as const;
const CODES: Readonly<Record<(typeof ORDER)[number], string>> = {
  'wrong-network': 'network-wrong',
  key: 'rpc-key-refused',
  plan: 'rpc-plan-too-small',
  'no-websocket': 'ws-none',
  'no-node': 'rpc-no-node',
  unreachable: 'network-unreachable',
};

function of(checks: readonly WireCheck[], wire: WireCheck['wire']): readonly WireCheck[] {
  return checks.filter((check) => check.wire === wire);
}

function works(checks: readonly WireCheck[], wire: WireCheck['wire']): boolean {
  return of(checks, wire).some(({ trouble }) => trouble === '' || trouble === 'passing');
}

function sentences(checks: readonly WireCheck[]): string {
  return checks.map(({ endpoint, why }) => `endpoint ${endpoint}: ${why}`).join('; ');
}

function networkName(genesisHash: string): string {
  return NETWORKS[genesisHash] ?? `the chain with genesis ${genesisHash}`;
}

async function checkEndpoint(
  endpoint: EndpointConfig,
  params: EndpointCheckParams,
): Promise<readonly WireCheck[]> {
  const { url, wsUrl, grpcUrl } = endpoint;
  return await Promise.all([
    ...(url === undefined ? [] : [checkHttp(endpoint, url, params)]),
    // A Yellowstone stream says by itself what it refuses.
    ...(wsUrl === undefined || grpcUrl !== undefined ? [] : [checkWebSocket(endpoint, wsUrl, params)]),
  ]);
}

class Refused extends Error {
  readonly trouble: WireTrouble;
  constructor(trouble: WireTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

async function checkHttp(
  endpoint: EndpointConfig,
  given: string,
  { pools, signal, timeoutMs = 3_000 }: EndpointCheckParams,
): Promise<WireCheck> {
  const { url, headers } = endpointAddress(endpoint, given);
  const { host, username, password, origin, pathname, search } = new URL(url);
  const login =
    username === ''
      ? {}
      : { authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}` };
  const secrets = createSecretMask([...secretsOfUrl(url), ...secretsOfHeaders(headers)]);
  const check = { endpoint: endpoint.name, wire: 'http' } as const;
  let genesisHash = '';

  async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const over = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
    const { statusCode, body } = await request(`${origin}${pathname}${search}`, {
      method: 'POST',
      headers: { ...login, ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: over,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      if (bytes > MOST_BYTES) throw new Refused('no-node', `${host} answers ${method} without an end`);
      chunks.push(chunk as Buffer);
    }
    return resultIn(Buffer.concat(chunks).toString('utf8'), statusCode, { host, method, secrets });
  }

  try {
    genesisHash = String(await ask('getGenesisHash', []));
    const wanted = pools.slice(0, MOST_POOLS);
    if (wanted.length > 0) {
      const options = { encoding: 'base64', dataSlice: { offset: 0, length: 0 } };
      // In fives, which every plan gives.
      let found = false;
      for (let at = 0; at < wanted.length && !found; at += 5) {
        const answer = await ask('getMultipleAccounts', [wanted.slice(at, at + 5), options]);
        const { value } = (answer ?? {}) as { readonly value?: unknown };
        found = Array.isArray(value) && value.some((account) => account !== null);
      }
      if (!found) {
        throw new Refused(
          'wrong-network',
          `${host} is of ${networkName(genesisHash)}, where none of the ${wanted.length} wanted pools is: ` +
            'give an endpoint of the network that they are on, or pools of this one',
        );
      }
    }
    return { ...check, trouble: '', why: '', genesisHash };
  } catch (error) {
    const { trouble, why } = troubleOf(error, host, secrets);
    return { ...check, trouble, why, genesisHash };
  }
}

/** The result of a JSON-RPC answer; throws `Refused` for all else. */
function resultIn(
  text: string,
  status: number,
  { host, method, secrets }: { readonly host: string; readonly method: string; readonly secrets: SecretMask },
): unknown {
  let answer: {
    readonly result?: unknown;
    readonly error?: { readonly code?: unknown; readonly message?: unknown };
  };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    answer = {};
  }
  if (typeof answer === 'object' && answer !== null && answer.result !== undefined && status < 300) {
    return answer.result;
  }
  const error = answer?.error;
  const code = typeof error?.code === 'number' ? error.code : undefined;
  const said = sentenceOf(typeof error?.message === 'string' ? error.message : text.slice(0, 500), secrets);
  const kind = refusalKind({ status: status < 300 && code === undefined ? 404 : status, code, text: said });
  const words = said === '' ? '' : `: “${said}”`;
  throw new Refused(
    troubleOfKind(kind),
    `${host} ${sentenceOfKind(kind)} (${method}, HTTP ${status}${words})`,
  );
}

async function checkWebSocket(
  endpoint: EndpointConfig,
  given: string,
  { signal, timeoutMs = 3_000 }: EndpointCheckParams,
): Promise<WireCheck> {
  const { url, headers } = endpointAddress(endpoint, given);
  const { host } = new URL(url);
  const secrets = createSecretMask([...secretsOfUrl(url), ...secretsOfHeaders(headers)]);
  const check = { endpoint: endpoint.name, wire: 'websocket', genesisHash: '' } as const;
  const socket = new WebSocket(url, { headers, handshakeTimeout: timeoutMs, maxPayload: MOST_BYTES });
  const over = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      const silent = new Refused('no-websocket', `${host} takes a WebSocket and says nothing on it`);
      const end = (): void => reject(silent);
      void sleep(timeoutMs, over.signal).then((late) => late && end());
      signal?.addEventListener('abort', end, { once: true, signal: over.signal });
      socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}'));
      socket.on('message', (data) => {
        const { error } = parsed(String(data));
        if (error === undefined) return resolve();
        const said = sentenceOf(String(error.message ?? ''), secrets);
        const kind = refusalKind({ code: Number(error.code), text: said });
        reject(
          new Refused(troubleOfKind(kind), `${host} ${sentenceOfKind(kind)} (slotSubscribe: “${said}”)`),
        );
      });
      socket.on('close', (closeCode, reason) => {
        const said = sentenceOf(String(reason), secrets);
        const kind = refusalKind({ closeCode, text: said });
        reject(new Refused(troubleOfKind(kind), `${host} closes the WebSocket (${closeCode} “${said}”)`));
      });
      socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
        const kind = refusalKind({ status: statusCode });
        const is = troubleOfKind(kind);
        const none = is === 'no-node' || statusCode < 300 || statusCode === 400 || statusCode === 426;
        reject(
          new Refused(
            none ? 'no-websocket' : is,
            none
              ? `${host} has no WebSocket there (HTTP ${statusCode}): give its address (rpc.wsUrl)`
              : `${host} ${sentenceOfKind(kind)} (WebSocket, HTTP ${statusCode})`,
          ),
        );
      });
      socket.on('error', (error) => reject(error));
    });
    return { ...check, trouble: '', why: '' };
  } catch (error) {
    return { ...check, ...troubleOf(error, `${host} (WebSocket)`, secrets) };
  } finally {
    over.abort();
    socket.on('error', () => {});
    socket.terminate();
  }
}

function parsed(text: string): { readonly error?: { readonly code?: unknown; readonly message?: unknown } } {
  try {
    return (JSON.parse(text) ?? {}) as ReturnType<typeof parsed>;
  } catch {
    return {};
  }
}

function troubleOf(
  error: unknown,
  host: string,
  secrets: SecretMask,
): { readonly trouble: WireTrouble; readonly why: string } {
  if (error instanceof Refused) return { trouble: error.trouble, why: error.message };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, name } = (cause ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  // A DOMException's code is a number of old.
  const said = typeof code === 'string' ? code : String(name);
  const spoken = errorText(cause);
  const silent = said === 'TimeoutError' || said.includes('TIMEOUT');
  const text = silent
    ? 'it does not answer'
    : sentenceOf(spoken.includes(said) ? spoken : `${said} ${spoken}`, secrets);
  return { trouble: 'unreachable', why: `cannot reach ${host}: ${text}` };
}

function troubleOfKind(kind: RefusalKind): WireTrouble {
  if (kind === 'key' || kind === 'plan') return kind;
  if (kind === 'gone' || kind === 'request') return 'no-node';
  return passesSoon(kind) || kind === 'size' || kind === 'not-here' ? 'passing' : 'no-node';
}

function sentenceOfKind(kind: RefusalKind): string {
  switch (kind) {
    case 'key':
      return 'does not take our key';
    case 'plan':
      return 'says that the plan does not hold this';
    case 'gone':
    case 'request':
      return 'is no Solana node at this address';
    default:
      return 'refuses for now';
  }
}
