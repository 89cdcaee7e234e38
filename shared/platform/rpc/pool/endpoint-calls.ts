import type { Clock } from '../../../core/clock.ts';
import { ArbError } from '../../../core/errors.ts';
import type { Random } from '../../../core/random.ts';
import type { Priority } from '../../limits/priority.ts';
import { type BackoffPolicy, backoffMs, sleep } from '../../process/backoff.ts';
import type { Commitment } from '../rpc-client.ts';
import { type CallFault, type CallKind, faultOf } from './call-fault.ts';
import { chooseEndpoint } from './choose-endpoint.ts';
import type { Attempt, Endpoint } from './endpoint.ts';
import type { SlotBook } from './slot-book.ts';

/** A call on its way through the endpoints. */
export interface PoolCall<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly kind: CallKind;
  readonly priority: Priority;
  readonly urgent: boolean;
  /** The one endpoint that may answer. */
  readonly only: string | undefined;
  /** Not repeated, whatever comes of it. */
  readonly once: boolean;
  readonly commitment: Commitment;
  readonly minContextSlot: number | undefined;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly check: (host: string, result: unknown) => T;
  /** The slot of a checked answer, where it has one. */
  readonly slotOf: (value: T) => number | undefined;
}

export interface CallCounts {
  retries: number;
  hedges: number;
  hedgesWon: number;
  hedgesAborted: number;
}

export interface EndpointCalls {
  run<T>(call: PoolCall<T>): Promise<T>;
  readonly counts: Readonly<CallCounts>;
}

export interface EndpointCallsParams {
  readonly endpoints: readonly Endpoint[];
  readonly slots: SlotBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeoutMs: number;
  readonly backoff?: BackoffPolicy;
  readonly slotBackoff?: BackoffPolicy;
}

const BACKOFF: BackoffPolicy = { minMs: 50, baseMs: 200, capMs: 2_000 };
const SLOT_BACKOFF: BackoffPolicy = { minMs: 100, baseMs: 400, capMs: 400 };
/** Rounds through all endpoints while attempts fail in a way that may pass. */
const ROUNDS = 4;
const SLOT_ROUNDS = 12;
/** Refusals for the rate are paced by the limiter, so they only have the deadline and this against running for ever. */
const THROTTLED_MAX = 12;
const HEDGE_LEAST_MS = 5;

/** How a call's way through the endpoints goes. */
interface Round {
  /** Who will not answer this call, whenever it is asked. */
  readonly refused: Set<Endpoint>;
  /** Of this round, the last fault that may pass by itself. */
  passing: Exclude<CallFault, 'final' | 'doubted' | 'elsewhere'> | undefined;
  again: number;
  behind: number;
  throttled: number;
}

export function createEndpointCalls(params: EndpointCallsParams): EndpointCalls {
  const { endpoints, slots, clock, random, timeoutMs } = params;
  const counts: CallCounts = { retries: 0, hedges: 0, hedgesWon: 0, hedgesAborted: 0 };

  function choose<T>(call: PoolCall<T>, not: ReadonlySet<Endpoint>): Endpoint | undefined {
    const { method, commitment, minContextSlot, urgent } = call;
    return chooseEndpoint(endpoints, slots, random, {
      method,
      commitment,
      minContextSlot,
      not,
      best: urgent,
    });
  }

  async function attempt<T>(
    endpoint: Endpoint,
    call: PoolCall<T>,
    deadlineMicros: number,
    signal: AbortSignal,
    onSent?: () => void,
  ): Promise<T> {
    const { method, params: callParams, priority, commitment, minContextSlot } = call;
    const asked: Attempt<T> = {
      method,
      params: callParams,
      priority,
      deadlineMicros,
      timeoutMs,
      signal,
      alone: call.urgent || call.kind === 'write',
      check: call.check,
      ...(onSent === undefined ? {} : { onSent }),
    };
    try {
      const value = await endpoint.attempt(asked);
      const slot = call.slotOf(value);
      if (slot !== undefined) noteSlot(endpoints, slots, endpoint, commitment, slot);
      return value;
    } catch (thrown) {
      if (minContextSlot !== undefined && faultOf(thrown, call.kind) === 'behind') {
        slots.notReached(endpoint.name, commitment, minContextSlot);
      }
      throw thrown;
    }
  }

  /** Asks a second endpoint when the first is slower than it mostly is; the first good answer wins. */
  function hedged<T>(first: Endpoint, call: PoolCall<T>, deadlineMicros: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const aborts: AbortController[] = [];
      let running = 0;
      let over = false;
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        over = true;
        clearTimeout(timer);
        call.signal.removeEventListener('abort', end);
        for (const abort of aborts) abort.abort();
      };
      const start = (endpoint: Endpoint, onSent?: () => void): void => {
        const abort = new AbortController();
        aborts.push(abort);
        running++;
        attempt(endpoint, call, deadlineMicros, abort.signal, onSent).then(
          (value) => {
            running--;
            if (over) return;
            if (endpoint !== first) counts.hedgesWon++;
            counts.hedgesAborted += running;
            end();
            resolve(value);
          },
          (thrown: unknown) => {
            running--;
            // While the other still runs its answer may be good, unless this one settles the matter.
            if (over && !call.signal.aborted) return;
            if (running > 0 && !call.signal.aborted && faultOf(thrown, call.kind) !== 'final') return;
            end();
            reject(thrown);
          },
        );
      };
      call.signal.addEventListener('abort', end, { once: true });
      start(first, () => {
        const delayMs = Math.min(timeoutMs / 2, Math.max(HEDGE_LEAST_MS, first.health.p95Ms()));
        timer = setTimeout(() => {
          const second = choose(call, new Set([first]));
          // A hedge that would have to wait for its limit helps nobody and costs others their turn.
          if (over || second === undefined || second.expectedWaitMicros(call.method) > 0) return;
          counts.hedges++;
          start(second);
        }, delayMs);
      });
    });
  }

  async function run<T>(call: PoolCall<T>): Promise<T> {
    const deadlineMicros = clock.monotonicMicros() + call.deadlineMs * 1_000;
    const others = endpoints.filter(({ name }) => call.only !== undefined && name !== call.only);
    const tried = new Set<Endpoint>(others);
    const round: Round = { refused: new Set(others), passing: undefined, again: 0, behind: 0, throttled: 0 };
    let last: unknown;
    /** Who said that the request is wrong. It is, when another says so too, or when there is no other to ask. */
    let doubted: { readonly endpoint: Endpoint; readonly error: unknown } | undefined;
    for (;;) {
      const endpoint = choose(call, tried);
      // Not reached without a doubt: a round ends below before everything was tried.
      if (endpoint === undefined) throw last ?? unknownEndpoint(call);
      if (doubted !== undefined && !endpoint.health.up) throw doubted.error;
      try {
        const hedge = call.urgent && call.only === undefined && call.kind === 'read' && endpoints.length > 1;
        const value = await (hedge
          ? hedged(endpoint, call, deadlineMicros)
          : attempt(endpoint, call, deadlineMicros, call.signal));
        doubted?.endpoint.wasWrong(call.method, doubted.error);
        return value;
      } catch (thrown) {
        last = thrown;
        if (call.signal.aborted || call.once) throw thrown;
        const fault = faultOf(thrown, call.kind);
        if (fault === 'final') throw thrown;
        tried.add(endpoint);
        const isAlone = tried.size >= endpoints.length;
        if (doubted !== undefined && (fault === 'doubted' || isAlone)) throw doubted.error;
        if (fault === 'doubted') {
          if (isAlone) throw thrown;
          doubted = { endpoint, error: thrown };
          counts.retries++;
          continue;
        }
        if (fault === 'elsewhere') round.refused.add(endpoint);
        else round.passing = fault;
        const delayMs = pauseMs(tried, round);
        if (delayMs === undefined) throw thrown;
        const leftMs = (deadlineMicros - clock.monotonicMicros()) / 1_000;
        if (leftMs <= delayMs) throw deadlineError(call, thrown);
        counts.retries++;
        if (delayMs > 0 && !(await sleep(delayMs, call.signal))) throw thrown;
      }
    }
  }

  /**
   * Before the next attempt; undefined when there is none. Ends the round when every endpoint was tried; who refused for
   * good is left out of the next.
   */
  function pauseMs(tried: Set<Endpoint>, round: Round): number | undefined {
    const { refused, passing } = round;
    if (passing === 'throttled' && ++round.throttled >= THROTTLED_MAX) return undefined;
    if (tried.size < endpoints.length) return 0;
    if (passing === undefined || refused.size === endpoints.length) return undefined;
    tried.clear();
    for (const endpoint of refused) tried.add(endpoint);
    round.passing = undefined;
    switch (passing) {
      case 'throttled':
        return 0;
      case 'behind':
        if (++round.behind >= SLOT_ROUNDS) return undefined;
        return backoffMs(params.slotBackoff ?? SLOT_BACKOFF, round.behind - 1, random);
      case 'again':
        if (++round.again >= ROUNDS) return undefined;
        return backoffMs(params.backoff ?? BACKOFF, round.again - 1, random);
    }
  }

  return { run, counts };
}

/** What one endpoint tells shows also which of the others are late. */
export function noteSlot(
  endpoints: readonly Endpoint[],
  slots: SlotBook,
  endpoint: Endpoint,
  commitment: Commitment,
  slot: number,
): void {
  slots.told(endpoint.name, commitment, slot);
  for (const { name, health } of endpoints) health.slotLag = slots.lag(name, commitment);
}

function unknownEndpoint<T>({ method, only }: PoolCall<T>): ArbError {
  return new ArbError('rpc-no-endpoint', `${method}: there is no endpoint ${only}`, { method, only });
}

function deadlineError<T>(call: PoolCall<T>, thrown: unknown): unknown {
  if (!(thrown instanceof ArbError)) return thrown;
  return new ArbError(
    thrown.code,
    `${thrown.message}; no time is left of ${call.deadlineMs} ms`,
    thrown.context,
    thrown,
  );
}
