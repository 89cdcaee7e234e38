import type { Clock } from '../../core/clock.ts';
import { createLatencyHistogram, type LatencyHistogram } from '../../core/latency.ts';
import type { Random } from '../../core/random.ts';
import { type BackoffPolicy, backoffMs } from '../process/backoff.ts';
import { PRIORITIES } from './priority.ts';
import { createTokenBucket } from './token-bucket.ts';
import { createWaitList, type Waiter, type WaitList } from './wait-list.ts';
import { createWindowGuard } from './window-guard.ts';

export interface LaneLimit {
  readonly ratePerSecond: number;
  /** How many requests may go at once after a pause. At least 1. */
  readonly burst: number;
  /** No more than its rate allows in any window of so many milliseconds; 0, or below a parent: only the bucket counts. */
  readonly windowMs: number;
  /** What is refused here says nothing about the parent: that API counts apart from its provider's other calls. */
  readonly countsApart?: boolean;
}

/** A request that waits for a lane; one of its two functions is called, once, unless it is withdrawn. */
export interface LaneWaiter extends Waiter {
  /** Where it waits now: it starts at its own lane and moves up, parent by parent. */
  lane: Lane;
  readonly granted: () => void;
  readonly refused: (why: 'shed' | 'expired' | 'closed', queued: number) => void;
}

/** What went through a lane, by level in the order of PRIORITIES. */
export interface LaneStats {
  readonly name: string;
  readonly ratePerSecond: number;
  readonly inFlight: number;
  readonly queued: readonly number[];
  readonly granted: readonly number[];
  readonly shed: readonly number[];
  readonly expired: readonly number[];
  /** How long granted requests waited. */
  readonly waits: readonly LatencyHistogram[];
  /** Answers that said "too many requests". */
  readonly throttled: number;
}

/** One limit of a provider, or a finer one below it (a method, an API): a request needs the tokens of all above it. */
export interface Lane {
  readonly name: string;
  readonly parent: Lane | undefined;
  readonly list: WaitList;
  /** Takes what the request needs here and in all parents, when all have it and nobody waits before it. Never waits. */
  tryTake(level: number, weight: number): boolean;
  /** 0 when tryTake would work; else an estimate of the wait with what is queued before it. */
  expectedWaitMicros(weight: number): number;
  /** Lets go whoever's turn it is, and comes back by itself while somebody waits. */
  pump(): void;
  /** The request that took `weight` and went at `sentMicros` was answered or given up; must follow every take. */
  settled(weight: number, sentMicros: number): void;
  /** A request sent at `sentMicros` was answered "too many requests": pauses, slows down, backs off. */
  throttled(sentMicros: number, retryAfterMs: number | undefined): void;
  /** An answer that was none of these: the next refusal is the first again. */
  accepted(): void;
  stats(): LaneStats;
  countShed(level: number): void;
  /** Refuses all that wait. */
  close(): void;
}

export interface LaneParams {
  readonly name: string;
  readonly limit: LaneLimit;
  readonly parent: Lane | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly agingMicros: number;
  readonly schedule: (ms: number, work: () => void) => () => void;
  /** Called when a waiter leaves the lists for good, whatever the reason. */
  readonly left: () => void;
}

const THROTTLED: BackoffPolicy = { minMs: 50, baseMs: 200, capMs: 10_000 };
const RETRY_AFTER_CAP_MS = 300_000;
/** So that not everybody is back in the same millisecond. */
const RETRY_AFTER_JITTER = 0.1;
const MICROS_PER_MS = 1_000;

/** @hot */
export function createLane(params: LaneParams): Lane {
  const { name, limit, parent, clock, random, agingMicros } = params;
  const list = createWaitList(agingMicros);
  const bucket = createTokenBucket(limit.ratePerSecond, limit.burst, clock.monotonicMicros());
  const guard =
    limit.windowMs === 0 || parent !== undefined
      ? undefined
      : createWindowGuard(
          Math.max(1, Math.floor((limit.ratePerSecond * limit.windowMs) / 1_000)),
          limit.windowMs * MICROS_PER_MS,
        );
  const granted = PRIORITIES.map(() => 0);
  const shed = PRIORITIES.map(() => 0);
  const expired = PRIORITIES.map(() => 0);
  const waits = PRIORITIES.map(() => createLatencyHistogram());
  let refusals = 0;
  let refusalsInRow = 0;
  let slowedMicros = Number.NEGATIVE_INFINITY;
  let cancelWake: (() => void) | undefined;

  function ownWaitMicros(weight: number, nowMicros: number): number {
    const bucketMicros = bucket.waitMicros(weight, nowMicros);
    if (guard === undefined) return bucketMicros;
    const windowMicros = guard.waitMicros(weight, nowMicros);
    return Math.max(windowMicros, bucketMicros);
  }

  function take(weight: number, nowMicros: number): void {
    bucket.take(weight, nowMicros);
    guard?.sent(weight);
  }

  function pump(): void {
    cancelWake?.();
    cancelWake = undefined;
    for (;;) {
      const waiter = list.first() as LaneWaiter | undefined;
      if (waiter === undefined) return;
      const nowMicros = clock.monotonicMicros();
      if (nowMicros >= waiter.deadlineMicros) {
        list.remove(waiter);
        expired[waiter.level]!++;
        params.left();
        waiter.refused('expired', list.size);
        continue;
      }
      const waitMicros = ownWaitMicros(waiter.weight, nowMicros);
      if (waitMicros > 0) {
        // Without an end in sight it is an answer that wakes the lane, or the end of the waiter's patience.
        const wakeMicros = Math.min(waitMicros, waiter.deadlineMicros - nowMicros);
        if (wakeMicros !== Number.POSITIVE_INFINITY) {
          cancelWake = params.schedule(Math.max(1, Math.ceil(wakeMicros / MICROS_PER_MS)), pump);
        }
        return;
      }
      list.remove(waiter);
      take(waiter.weight, nowMicros);
      granted[waiter.level]!++;
      waits[waiter.level]!.record(nowMicros - waiter.sinceMicros);
      moveOn(waiter);
    }
  }

  function moveOn(waiter: LaneWaiter): void {
    if (parent === undefined || parent.tryTake(waiter.level, waiter.weight)) {
      params.left();
      waiter.granted();
      return;
    }
    waiter.lane = parent;
    parent.list.add(waiter);
    parent.pump();
  }

  return {
    name,
    parent,
    list,
    tryTake(level, weight) {
      if (list.size > 0) return false;
      const nowMicros = clock.monotonicMicros();
      if (ownWaitMicros(weight, nowMicros) > 0) return false;
      if (parent !== undefined && !parent.tryTake(level, weight)) return false;
      take(weight, nowMicros);
      granted[level]!++;
      waits[level]!.record(0);
      return true;
    },
    expectedWaitMicros(weight) {
      const nowMicros = clock.monotonicMicros();
      const own = ownWaitMicros(weight, nowMicros);
      const above = parent?.expectedWaitMicros(weight) ?? 0;
      if (list.size === 0) return Math.max(own, above);
      const queueMicros = (list.size / bucket.ratePerSecond(nowMicros)) * 1_000_000;
      return Math.max(own, above, queueMicros);
    },
    pump,
    settled(weight, sentMicros) {
      guard?.settled(weight, sentMicros, clock.monotonicMicros());
      if (list.size > 0) pump();
      parent?.settled(weight, sentMicros);
    },
    throttled(sentMicros, retryAfterMs) {
      if (limit.countsApart !== true) parent?.throttled(sentMicros, retryAfterMs);
      refusals++;
      guard?.distrust();
      const nowMicros = clock.monotonicMicros();
      const askedMs = Math.min(RETRY_AFTER_CAP_MS, retryAfterMs ?? 0);
      let pauseMs = askedMs * (1 + random.next() * RETRY_AFTER_JITTER);
      // What was on its way when the lane slowed down says nothing new.
      if (sentMicros > slowedMicros) {
        slowedMicros = nowMicros;
        bucket.slow(nowMicros);
        pauseMs = Math.max(pauseMs, backoffMs(THROTTLED, refusalsInRow, random));
        refusalsInRow++;
      }
      bucket.pauseUntil(nowMicros + pauseMs * MICROS_PER_MS);
    },
    accepted() {
      refusalsInRow = 0;
      parent?.accepted();
    },
    stats: () => ({
      name,
      ratePerSecond: bucket.ratePerSecond(clock.monotonicMicros()),
      inFlight: guard?.inFlight ?? 0,
      queued: PRIORITIES.map((_, level) => list.sizeOf(level)),
      granted,
      shed,
      expired,
      waits,
      throttled: refusals,
    }),
    countShed(level) {
      shed[level]!++;
    },
    close() {
      cancelWake?.();
      cancelWake = undefined;
      for (let waiter = list.first(); waiter !== undefined; waiter = list.first()) {
        list.remove(waiter);
        params.left();
        (waiter as LaneWaiter).refused('closed', list.size);
      }
    },
  };
}
