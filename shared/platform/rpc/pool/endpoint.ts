import type { Clock } from '../../../core/clock.ts';
import { ArbError, errorText } from '../../../core/errors.ts';
import type { Random } from '../../../core/random.ts';
import type { EndpointConfig } from '../../config/endpoint-leaf.ts';
import { createHttpCaller } from '../../http/http-caller.ts';
import { limitIn, type RefusalKind } from '../../http/refusal.ts';
import type { ApiCosts } from '../../limits/api-costs.ts';
import type { ApiLanes } from '../../limits/api-limits.ts';
import type { Limiter } from '../../limits/limiter.ts';
import type { Priority } from '../../limits/priority.ts';
import { endpointAddress } from '../endpoint-address.ts';
import { type AnswerPart, answerInParts } from '../rpc-answer.ts';
import { checkedRpcUrl } from '../rpc-http.ts';
import { createAccountsLimit } from './accounts-limit.ts';
import { type CallBatch, createCallBatch } from './call-batch.ts';
import { refusalOf } from './call-fault.ts';
import { createEndpointHealth, type EndpointHealth, type Failure } from './endpoint-health.ts';
import { createMethodRefusals } from './method-refusals.ts';

/** One attempt of a call at one endpoint. */
export interface Attempt<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly priority: Priority;
  /** Of the whole attempt, waiting for its turn included. */
  readonly deadlineMicros: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Not in a batch. */
  readonly alone: boolean;
  /** Checks the answer; what it throws is the endpoint's failure. */
  readonly check: (host: string, result: unknown) => T;
  /** Told when the request goes, after any wait. */
  readonly onSent?: () => void;
}

export interface Endpoint {
  readonly name: string;
  readonly provider: string;
  readonly host: string;
  readonly health: EndpointHealth;
  /** Waits for its turn, asks, checks, and keeps health, limits and costs up to date. Throws ArbError `rpc-…`. */
  attempt<T>(attempt: Attempt<T>): Promise<T>;
  /** Until a call of `method` could go; an estimate. */
  expectedWaitMicros(method: string): number;
  /** It refused the method lately, for a reason that lasts. */
  refuses(method: string): boolean;
  /** It said that a request is wrong, and another endpoint has answered it. */
  wasWrong(method: string, error: unknown): void;
  /** Why it does not answer, in its provider's words; '' when it does. */
  readonly problem: string;
  /** How often it refused, by what that was about. */
  readonly refusals: ReadonlyMap<RefusalKind, number>;
  /** Most accounts that it gives in one call. */
  readonly accountsMax: number;
  readonly requests: number;
  /** Good answers. */
  readonly answered: number;
  readonly failures: number;
  readonly throttled: number;
  readonly batches: number;
  close(): Promise<void>;
}

export interface EndpointParams {
  readonly config: EndpointConfig & { readonly url: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly limiter: Limiter;
  readonly lanes: ApiLanes;
  readonly costs: ApiCosts;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly batchSize: number;
}

const ACCOUNTS = 'getMultipleAccounts';
/** "Not yet", said by an endpoint in good health: block not available, status not there. */
const NOT_YET: readonly unknown[] = [-32_004, -32_014];

export function createEndpoint(params: EndpointParams): Endpoint {
  const { config, clock, limiter, lanes, costs } = params;
  const { name, provider, token } = config;
  const caller = createHttpCaller({
    ...endpointAddress(config, checkedRpcUrl(config.url)),
    secrets: token === undefined ? [] : [token],
    connections: params.connections,
    connectTimeoutMs: params.connectTimeoutMs,
    nowMs: () => clock.nowMs(),
  });
  const batch: CallBatch = createCallBatch(caller, params.batchSize);
  const health = createEndpointHealth(clock, params.random);
  const methods = createMethodRefusals(clock, params.random);
  const accounts = createAccountsLimit(clock);
  const counts = { requests: 0, answered: 0, failures: 0, throttled: 0 };
  const refusals = new Map<RefusalKind, number>();

  async function exchange<T>(
    asked: Attempt<unknown>,
    callParams: readonly unknown[],
    check: (host: string, result: unknown) => T,
  ): Promise<T> {
    const { method, priority, signal, deadlineMicros } = asked;
    const { lane, weight } = lanes.of(provider, name, method);
    const leftMs = Math.max(0, (deadlineMicros - clock.monotonicMicros()) / 1_000);
    const turn = limiter.enter(lane, { priority, weight, deadlineMs: leftMs, signal });
    if (turn !== undefined) await turn;
    const sentMicros = clock.monotonicMicros();
    const timeoutMs = Math.min(asked.timeoutMs, Math.max(1, (deadlineMicros - sentMicros) / 1_000));
    health.sent();
    counts.requests++;
    asked.onSent?.();
    let throttled = false;
    let unsent = false;
    const latencyMs = (): number => (clock.monotonicMicros() - sentMicros) / 1_000;
    try {
      const result = await batch.call(method, callParams, timeoutMs, signal, asked.alone);
      const tookMs = latencyMs();
      const checked = check(caller.host, result);
      health.answered(tookMs);
      counts.answered++;
      methods.answered(method);
      lane.accepted();
      return checked;
    } catch (thrown) {
      if (signal.aborted) {
        health.withdrawn();
        throw thrown;
      }
      const kind = refusalOf(thrown);
      if (kind !== undefined) refusals.set(kind, (refusals.get(kind) ?? 0) + 1);
      throttled = kind === 'rate';
      if (throttled) {
        counts.throttled++;
        methods.failed(method, problemOf(thrown));
        health.failed('rate');
        lane.throttled(sentMicros, retryAfterOf(thrown));
      } else if (kind === 'behind' || (kind === 'busy' && NOT_YET.includes(contextOf(thrown).code))) {
        health.answered(latencyMs());
        lane.accepted();
      } else if (kind === 'request') {
        // Whether it is right will show; it is no reason to ask it rather than others, though it was quick.
        health.withdrawn();
        lane.accepted();
      } else {
        unsent = contextOf(thrown).unsent === true;
        noteFailure(method, thrown, kind, unsent);
      }
      throw thrown;
    } finally {
      if (!unsent) costs.record(provider, method, throttled);
      lane.settled(weight, sentMicros);
    }
  }

  function noteFailure(
    method: string,
    thrown: unknown,
    kind: RefusalKind | undefined,
    unsent: boolean,
  ): void {
    counts.failures++;
    const how: Failure = unsent
      ? 'unreachable'
      : kind === undefined || kind === 'busy'
        ? 'failed'
        : 'refused';
    const isOfMethod = kind === 'not-here' || (kind === 'size' && method === ACCOUNTS);
    if (how === 'refused') methods.refused(method, problemOf(thrown), retryAfterOf(thrown));
    else methods.failed(method, problemOf(thrown));
    if (isOfMethod) health.withdrawn();
    else health.failed(how);
  }

  /** In as many calls as the endpoint's plan makes of it. */
  async function attemptAccounts<T>(asked: Attempt<T>, addresses: readonly unknown[]): Promise<T> {
    const rest = asked.params.slice(1);
    const parts: AnswerPart[] = [];
    let at = 0;
    let size = accounts.now;
    /** Whether a call of that size has been answered, or the endpoint has said that it will be. */
    let isKnown = false;
    while (at < addresses.length) {
      try {
        if (size >= addresses.length) {
          const value = await exchange(asked, asked.params, asked.check);
          accounts.answered(addresses.length);
          return value;
        }
        // One call first, then the rest at once.
        const end = isKnown ? addresses.length : Math.min(at + size, addresses.length);
        const chunks: (readonly unknown[])[] = [];
        for (let from = at; from < end; from += size)
          chunks.push(addresses.slice(from, Math.min(from + size, end)));
        for (const part of await Promise.all(chunks.map((chunk) => exchangePart(asked, chunk, rest)))) {
          accounts.answered(part.count);
          parts.push(part);
          at += part.count;
        }
        isKnown = true;
      } catch (thrown) {
        if (refusalOf(thrown) !== 'size') throw thrown;
        const told = limitIn(String(contextOf(thrown).message ?? ''));
        size = accounts.refused(Math.min(size, addresses.length), told);
        isKnown = told === size;
        if (size < 1) throw thrown;
      }
    }
    return asked.check(caller.host, answerInParts(parts));
  }

  async function exchangePart<T>(
    asked: Attempt<T>,
    chunk: readonly unknown[],
    rest: readonly unknown[],
  ): Promise<AnswerPart> {
    const count = chunk.length;
    return await exchange(asked, [chunk, ...rest], (host, result) => {
      asked.check(host, answerInParts([{ count, result }]));
      return { count, result };
    });
  }

  return {
    name,
    provider,
    host: caller.host,
    health,
    attempt(asked) {
      const [addresses] = asked.params;
      const isSplit = asked.method === ACCOUNTS && Array.isArray(addresses) && addresses.length > 1;
      return isSplit
        ? attemptAccounts(asked, addresses as readonly unknown[])
        : exchange(asked, asked.params, asked.check);
    },
    expectedWaitMicros(method) {
      const { lane, weight } = lanes.of(provider, name, method);
      return lane.expectedWaitMicros(weight);
    },
    refuses: methods.refuses,
    wasWrong(method, error) {
      counts.failures++;
      health.blamed();
      methods.refused(method, problemOf(error), undefined);
    },
    get problem() {
      return methods.problem;
    },
    refusals,
    get accountsMax() {
      return accounts.now;
    },
    get requests() {
      return counts.requests;
    },
    get answered() {
      return counts.answered;
    },
    get failures() {
      return counts.failures;
    },
    get throttled() {
      return counts.throttled;
    },
    get batches() {
      return batch.batches;
    },
    close: () => caller.close(),
  };
}

/** For a page or a log: what was said, and with which status or code. */
function problemOf(thrown: unknown): string {
  const { message, status, code, why, kind } = contextOf(thrown);
  if (kind === undefined) return why === undefined ? errorText(thrown) : `no answer (${why})`;
  const name = code === undefined ? `HTTP ${status}` : `error ${code}`;
  return message === undefined || message === '' ? `refuses (${name})` : `refuses (${name}: ${message})`;
}

function retryAfterOf(thrown: unknown): number | undefined {
  const { retryAfterMs } = contextOf(thrown);
  return typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
}

function contextOf(thrown: unknown): ArbError['context'] {
  return thrown instanceof ArbError ? thrown.context : {};
}
