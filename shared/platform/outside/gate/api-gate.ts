import type { Clock } from '../../../core/clock.ts';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { ArbError, errorText } from '../../../core/errors.ts';
import { type Outcome, refusal, success } from '../../../core/outcome.ts';
import type { ApiBudget } from '../../limits/api-budget.ts';
import type { Lane } from '../../limits/lane.ts';
import type { Priority } from '../../limits/priority.ts';
import { type BreakerState, type BreakerTiming, createBreaker } from './breaker.ts';

/**
 * Why a call to an outside API gave nothing. `rate-limited`: our own limit. `breaker-open`: it has failed too often.
 * `unreachable`: no whole answer in time. `overloaded`: it said 429. `api-failed`: 5xx. `refused`: it said no to this
 * request. `bad-answer`: it answered what it must not.
 */
export type ApiRefusal =
  | 'rate-limited'
  | 'breaker-open'
  | 'unreachable'
  | 'overloaded'
  | 'api-failed'
  | 'refused'
  | 'bad-answer';

/** What a request throws so that the gate knows what it means. */
const THROWN: ReadonlyMap<ErrorCode, ThrownRefusal> = new Map([
  ['api-unreachable', 'unreachable'],
  ['api-overloaded', 'overloaded'],
  ['api-api-failed', 'api-failed'],
  ['api-refused', 'refused'],
  ['api-bad-answer', 'bad-answer'],
]);

type ThrownRefusal = Exclude<ApiRefusal, 'rate-limited' | 'breaker-open'>;

export function apiError(
  reason: ThrownRefusal,
  message: string,
  context: { readonly retryAfterMs?: number; readonly answer?: string; readonly unsent?: boolean } = {},
): ArbError {
  return new ArbError(`api-${reason}`, message, context);
}

export interface ApiStatus {
  readonly breaker: BreakerState;
  /** Times that the breaker has opened. */
  readonly opened: number;
  readonly calls: number;
  readonly succeeded: number;
  /** By reason; only those that have occurred. */
  readonly refused: Readonly<Partial<Record<ApiRefusal, number>>>;
  /** Of the latest call that failed; undefined again after one that did not. */
  readonly lastError: string | undefined;
  /** Unix milliseconds of the latest answer; undefined before the first. */
  readonly answeredAtMs: number | undefined;
}

export interface ApiGateOptions {
  readonly clock: Clock;
  readonly budget: ApiBudget;
  /** By which limits and prices are looked up. */
  readonly provider: string;
  /** The API's own limit. */
  readonly requestsPerSecond: number;
  /** Longest wait for our own limit before a call is refused. */
  readonly maxWaitMs: number;
  /** From the request to the last byte of its answer. */
  readonly timeoutMs: number;
  readonly breaker?: BreakerTiming | undefined;
}

/** The one way to an outside API: its own rate limit, a deadline and a circuit breaker, all counted. */
export interface ApiGate {
  /** Never rejects. `request` must stop when its signal aborts, and throws `apiError`s. */
  call<T>(
    method: string,
    priority: Priority,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<Outcome<T, ApiRefusal>>;
  status(): ApiStatus;
}

const BREAKER = { failures: 3, openMs: 2_000, maxOpenMs: 60_000 };

export function createApiGate(options: ApiGateOptions): ApiGate {
  const { clock, budget, provider, requestsPerSecond, maxWaitMs, timeoutMs } = options;
  const { limiter, lanes, costs } = budget;
  const breaker = createBreaker({ clock, ...(options.breaker ?? BREAKER) });
  const refused: Partial<Record<ApiRefusal, number>> = {};
  let calls = 0;
  let succeeded = 0;
  let lastError: string | undefined;
  let answeredAtMs: number | undefined;

  const refuse = (reason: ApiRefusal, detail?: string) => {
    refused[reason] = (refused[reason] ?? 0) + 1;
    if (detail !== undefined) lastError = detail;
    return refusal(reason, detail);
  };

  /** What the failure is called, and what it says about the API. */
  const failed = (thrown: unknown, timedOut: boolean, sentMicros: number, lane: Lane) => {
    if (timedOut) {
      breaker.failed();
      return refuse('unreachable', `no answer in ${timeoutMs} ms`);
    }
    const told = thrown instanceof ArbError ? THROWN.get(thrown.code) : undefined;
    const reason = told ?? 'bad-answer';
    const context = thrown instanceof ArbError && told !== undefined ? thrown.context : {};
    const retryAfterMs = typeof context.retryAfterMs === 'number' ? context.retryAfterMs : undefined;
    if (reason === 'overloaded') lane.throttled(sentMicros, retryAfterMs);
    if (reason === 'refused') {
      // It is up and says no to this one request.
      breaker.succeeded();
      answeredAtMs = clock.nowMs();
    } else {
      breaker.failed(retryAfterMs);
    }
    return refuse(reason, errorText(thrown));
  };

  return {
    async call(method, priority, request) {
      const { lane, weight } = lanes.ofApi(provider, requestsPerSecond, method);
      // Asked first, so that an API that is down costs no part of the limit.
      if (breaker.state === 'open') return refuse('breaker-open');
      try {
        await limiter.enter(lane, { priority, weight, deadlineMs: maxWaitMs });
      } catch (thrown) {
        // Its turn did not come in time, or calls of more weight needed the room.
        if (thrown instanceof ArbError) return refuse('rate-limited');
        throw thrown;
      }
      const sentMicros = clock.monotonicMicros();
      if (!breaker.allows()) {
        lane.settled(weight, sentMicros);
        return refuse('breaker-open');
      }
      calls += 1;
      const abort = new AbortController();
      let timedOut = false;
      let sent = true;
      let throttled = false;
      const timer = setTimeout(() => {
        timedOut = true;
        abort.abort();
      }, timeoutMs);
      try {
        const value = await request(abort.signal);
        breaker.succeeded();
        lane.accepted();
        succeeded += 1;
        lastError = undefined;
        answeredAtMs = clock.nowMs();
        return success(value);
      } catch (thrown) {
        sent = !(thrown instanceof ArbError && thrown.context.unsent === true);
        throttled = thrown instanceof ArbError && thrown.code === 'api-overloaded';
        return failed(thrown, timedOut, sentMicros, lane);
      } finally {
        clearTimeout(timer);
        if (sent) costs.record(provider, method, throttled);
        lane.settled(weight, sentMicros);
      }
    },
    status: () => ({
      breaker: breaker.state,
      opened: breaker.opened,
      calls,
      succeeded,
      refused: { ...refused },
      lastError,
      answeredAtMs,
    }),
  };
}
