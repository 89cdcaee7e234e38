import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { boundOf } from '../http/answer-bound.ts';
import { createHttpCaller, type HttpAnswer } from '../http/http-caller.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import type { Priority } from '../limits/priority.ts';
import { refusalOf } from '../rpc/pool/call-fault.ts';
import { createEndpointHealth, type EndpointHealth } from '../rpc/pool/endpoint-health.ts';
import { answerOf, badAnswer, checkedRpcUrl, readMember } from '../rpc/rpc-http.ts';

/** One call of a relay's JSON-RPC. */
export interface RelayCall<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Path and query below the relay's address. */
  readonly path: string;
  readonly priority: Priority;
  readonly deadlineMicros: number;
  /** Checks the result; throws `rpc-bad-answer` (`badAnswer`) for one that is no good. */
  readonly check: (result: unknown, answer: HttpAnswer) => T;
}

/** The way to one relay in one region: its turn, its health and what it costs are kept here. */
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
  /** Without a path of its own. May hold secrets. */
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
  const { name, clock, requestsPerSecond, timeoutMs, budget } = params;
  const { limiter, lanes, costs } = budget;
  const caller = createHttpCaller({
    url: checkedRpcUrl(params.url),
    headers: params.headers ?? {},
    connections: CONNECTIONS,
    connectTimeoutMs: timeoutMs,
    nowMs: () => clock.nowMs(),
  });
  const { host } = caller;
  const health = createEndpointHealth(clock, params.random);
  const never = new AbortController().signal;
  let lastId = 0;
  let problem = '';

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

  function noteFailure(thrown: unknown, sentMicros: number): void {
    const kind = refusalOf(thrown);
    if (kind === 'request') {
      // It works, and says no to this one.
      health.answered((clock.monotonicMicros() - sentMicros) / 1_000);
      return;
    }
    problem = thrown instanceof ArbError ? thrown.message : 'it failed';
    if (isUnsent(thrown)) health.failed('unreachable');
    else if (kind === 'rate') health.failed('rate');
    else health.failed(kind === undefined || kind === 'busy' ? 'failed' : 'refused');
  }

  return {
    name,
    host,
    health,
    get problem() {
      return problem;
    },
    async call(call) {
      const { method, priority, deadlineMicros } = call;
      const { lane, weight } = lanes.ofApi(name, requestsPerSecond, method);
      const waitMs = (deadlineMicros - clock.monotonicMicros()) / 1_000;
      if (waitMs <= 0) throw tooLate(method, host);
      const turn = limiter.enter(lane, { priority, weight, deadlineMs: waitMs });
      if (turn !== undefined) await turn;
      const sentMicros = clock.monotonicMicros();
      const leftMs = (deadlineMicros - sentMicros) / 1_000;
      if (leftMs <= 0) {
        lane.settled(weight, sentMicros);
        throw tooLate(method, host);
      }
      health.sent();
      let throttled = false;
      let unsent = false;
      try {
        const value = await exchange(call, leftMs);
        health.answered((clock.monotonicMicros() - sentMicros) / 1_000);
        lane.accepted();
        problem = '';
        return value;
      } catch (thrown) {
        throttled = refusalOf(thrown) === 'rate';
        unsent = isUnsent(thrown);
        noteFailure(thrown, sentMicros);
        if (throttled) lane.throttled(sentMicros, retryAfterOf(thrown));
        throw thrown;
      } finally {
        if (!unsent) costs.record(name, method, throttled);
        lane.settled(weight, sentMicros);
      }
    },
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

function tooLate(method: string, host: string): ArbError {
  return new ArbError('rpc-unreachable', `${method}: no time is left to ask ${host}`, {
    method,
    host,
    why: 'no time is left',
    unsent: true,
  });
}

function isUnsent(thrown: unknown): boolean {
  return thrown instanceof ArbError && thrown.context.unsent === true;
}

function retryAfterOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof ArbError)) return undefined;
  const { retryAfterMs, message } = thrown.context;
  if (typeof retryAfterMs === 'number') return retryAfterMs;
  // Jito says it in its sentence.
  const told = typeof message === 'string' ? /retry after (\d{1,6}) ?ms/i.exec(message)?.[1] : undefined;
  return told === undefined ? undefined : Number(told);
}
