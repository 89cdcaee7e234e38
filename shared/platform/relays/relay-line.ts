import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { boundOf } from '../http/answer-bound.ts';
import { createHttpCaller, type HttpAnswer } from '../http/http-caller.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import type { EndpointHealth } from '../rpc/pool/endpoint-health.ts';
import { answerOf, badAnswer, checkedRpcUrl, readMember } from '../rpc/rpc-http.ts';
import { createRelayDesk, type DeskCall } from './relay-desk.ts';

/** One call of a relay's JSON-RPC. */
export interface RelayCall<T> extends DeskCall {
  readonly params: readonly unknown[];
  /** Path and query below the relay's address. */
  readonly path: string;
  /** Checks the result; throws `rpc-bad-answer` (`badAnswer`) for one that is no good. */
  readonly check: (result: unknown, answer: HttpAnswer) => T;
}

/** The way to one relay in one region over HTTP. */
export interface RelayLine {
  /** `<relay>/<region>`: the name of its limit and its costs. */
  readonly name: string;
  readonly host: string;
  readonly health: EndpointHealth;
  /** Why it does not answer, in its own words; '' when it does. */
  readonly problem: string;
  /** Asks once, when its turn has come. Throws ArbError `rpc-…` as every JSON-RPC call of this program does. */
  call<T>(call: RelayCall<T>): Promise<T>;
  /** Keeps a connection open by asking `path`; false when nothing good came back. */
  warm(path: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface RelayLineParams {
  readonly name: string;
  /** May hold secrets. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestsPerSecond: number;
  /** One attempt, from request to last byte. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: ApiBudget;
}

const CONNECTIONS = 4;
/** Of a relay's text. */
const PING_BOUND = { bytes: 4_096, values: 100, depth: 4 };

/** Throws `rpc-url-invalid`; connects only when first asked. */
export function createRelayLine(params: RelayLineParams): RelayLine {
  const { name, clock, timeoutMs } = params;
  const caller = createHttpCaller({
    url: checkedRpcUrl(params.url),
    headers: params.headers ?? {},
    connections: CONNECTIONS,
    connectTimeoutMs: timeoutMs,
    nowMs: () => clock.nowMs(),
  });
  const { host } = caller;
  const desk = createRelayDesk({ ...params, host });
  const never = new AbortController().signal;
  let lastId = 0;

  /** Path and query of the call; the query of the address itself, a key perhaps, stays. */
  function urlOf(path: string): URL {
    const base = new URL(params.url);
    base.username = '';
    base.password = '';
    const [pathname = '', query = ''] = path.split('?');
    base.pathname = base.pathname.replace(/\/+$/, '') + pathname;
    for (const [key, value] of new URLSearchParams(query)) base.searchParams.set(key, value);
    return base;
  }

  async function exchange<T>(call: RelayCall<T>, leftMs: number): Promise<T> {
    const { method } = call;
    const id = ++lastId;
    const outcome = await caller.send({
      method: 'POST',
      url: urlOf(call.path),
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params: call.params }),
      timeoutMs: Math.min(timeoutMs, leftMs),
      signal: never,
      bound: boundOf(method),
    });
    const answer = answerOf(outcome, method, host);
    return call.check(readMember({ method, id, caller }, answer), answer);
  }

  return {
    name,
    host,
    health: desk.health,
    get problem() {
      return desk.problem;
    },
    call: (call) => desk.run(call, (leftMs) => exchange(call, leftMs)),
    async warm(path) {
      const request = {
        method: 'GET',
        url: urlOf(path),
        timeoutMs,
        signal: never,
        bound: PING_BOUND,
      } as const;
      const outcome = await caller.send(request);
      return outcome.ok && outcome.value.status === 200;
    },
    close: () => caller.close(),
  };
}

/** A result that must be a text. */
export function textResult(method: string, host: string, result: unknown): string {
  if (typeof result === 'string') return result;
  throw badAnswer(method, host, 'result', 'is no text');
}
