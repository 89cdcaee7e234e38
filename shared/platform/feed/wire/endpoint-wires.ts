import { request } from 'undici';
import { WebSocket } from 'ws';
import type { Address } from '../../../core/address.ts';
import type { EndpointConfig } from '../../config/endpoint-leaf.ts';
import { refusalKind } from '../../http/refusal.ts';
import {
  createSecretMask,
  type SecretMask,
  secretsOfHeaders,
  secretsOfUrl,
  sentenceOf,
} from '../../http/secrets.ts';
import { sleep } from '../../process/backoff.ts';
import { endpointAddress } from '../../rpc/endpoint-address.ts';
import {
  networkName,
  Refused,
  sentenceOfKind,
  troubleOf,
  troubleOfKind,
  type WireCheck,
} from './wire-trouble.ts';

export interface WireCheckParams {
  /** Accounts that must be on the right chain: pools that are wanted. */
  readonly pools: readonly Address[];
  readonly signal?: AbortSignal | undefined;
  /** Of one question. Default 3 s. */
  readonly timeoutMs?: number;
}

const MOST_POOLS = 50;
const MOST_BYTES = 1_000_000;

/** Is it a node of the chain that has these pools, and does it take our key. Never throws. */
export async function checkHttp(
  endpoint: EndpointConfig,
  given: string,
  { pools, signal, timeoutMs = 3_000 }: WireCheckParams,
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

/** Does it take a WebSocket and a subscription on it. Never throws. */
export async function checkWebSocket(
  endpoint: EndpointConfig,
  given: string,
  { signal, timeoutMs = 3_000 }: WireCheckParams,
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
