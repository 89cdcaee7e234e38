import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../core/clock.ts';
import { createRandom } from '../../core/random.ts';
import type { Lane, LaneLimit } from './lane.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { PRIORITIES, type Priority } from './priority.ts';
import { createWindowGuard } from './window-guard.ts';

let clock: ManualClock;
let timers: { atMs: number; work: () => void }[];

beforeEach(() => {
  clock = createManualClock(0);
  timers = [];
});

function limiter(options: { maxQueued?: number; agingMs?: number } = {}): Limiter {
  return createLimiter({
    clock,
    random: createRandom('limiter'),
    maxQueued: 100,
    agingMs: 500,
    schedule(ms, work) {
      const timer = { atMs: clock.nowMs() + ms, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    ...options,
  });
}

/** Moves the clock, firing timers in order, and lets promises settle. */
async function pass(ms: number): Promise<void> {
  const endMs = clock.nowMs() + ms;
  for (;;) {
    const due = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
    clock.advanceMs((due?.atMs ?? endMs) - clock.nowMs());
    if (due === undefined) break;
    timers = timers.filter((timer) => timer !== due);
    due.work();
  }
  await new Promise((resolve) => setImmediate(resolve));
}

const TEN: LaneLimit = { ratePerSecond: 10, burst: 2, windowMs: 0 };

/** Enters a request and notes its name when its turn comes, or how it was refused. */
function enter(
  lane: Lane,
  limits: Limiter,
  log: string[],
  priority: Priority,
  name: string = priority,
): void {
  const turn = limits.enter(lane, { priority });
  if (turn === undefined) log.push(name);
  else
    turn.then(
      () => log.push(name),
      (error: { code: string }) => log.push(`${name}: ${error.code}`),
    );
}

describe('a lane', () => {
  it('lets the burst go at once and the rest at its rate', async () => {
    const limits = limiter();
    const lane = limits.lane('helius', TEN);
    const log: string[] = [];
    for (let i = 0; i < 6; i++) enter(lane, limits, log, 'balances', String(i));
    expect(log).toEqual(['0', '1']);
    await pass(99);
    expect(log).toHaveLength(2);
    await pass(2);
    expect(log).toHaveLength(3);
    await pass(300);
    expect(log).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(timers).toEqual([]);
  });

  it('charges a request what it weighs, more than the burst too', async () => {
    const limits = limiter();
    const lane = limits.lane('helius', TEN);
    expect(limits.enter(lane, { priority: 'reports', weight: 5 })).toBeUndefined();
    const log: string[] = [];
    enter(lane, limits, log, 'execution');
    await pass(390);
    expect(log).toEqual([]);
    await pass(20);
    expect(log).toEqual(['execution']);
  });

  it('needs the tokens of its parents too', async () => {
    const limits = limiter();
    const provider = limits.lane('helius', { ratePerSecond: 10, burst: 3, windowMs: 0 });
    const scans = limits.lane(
      'helius/getProgramAccounts',
      { ratePerSecond: 1, burst: 1, windowMs: 0 },
      provider,
    );
    const log: string[] = [];
    enter(scans, limits, log, 'discovery', 'scan 1');
    enter(scans, limits, log, 'discovery', 'scan 2');
    enter(provider, limits, log, 'balances', 'read 1');
    enter(provider, limits, log, 'balances', 'read 2');
    enter(provider, limits, log, 'balances', 'read 3');
    expect(log).toEqual(['scan 1', 'read 1', 'read 2']);
    await pass(101);
    expect(log.at(-1)).toBe('read 3');
    await pass(950);
    expect(log.at(-1)).toBe('scan 2');
    // A request that has its own lane's token waits for the provider's among the others there.
    for (let i = 0; i < 4; i++) enter(provider, limits, log, 'reports', `report ${i}`);
    await pass(10);
    enter(scans, limits, log, 'execution', 'scan 3');
    await pass(2_000);
    expect(log.at(-1)).toBe('scan 3');
  });

  it('puts execution first, then by level, then by age', async () => {
    const limits = limiter();
    const lane = limits.lane('helius', TEN);
    const log: string[] = [];
    lane.tryTake(0, 2);
    for (const priority of [...PRIORITIES].reverse()) enter(lane, limits, log, priority, `${priority} 1`);
    for (const priority of PRIORITIES) enter(lane, limits, log, priority, `${priority} 2`);
    await pass(1_100);
    expect(log).toEqual(PRIORITIES.flatMap((priority) => [`${priority} 1`, `${priority} 2`]));
  });

  it('lets what has waited long go before a higher level, never before execution and confirmation', async () => {
    const limits = limiter({ agingMs: 500 });
    const lane = limits.lane('helius', TEN);
    const log: string[] = [];
    lane.tryTake(0, 2);
    lane.throttled(0, 1_700);
    enter(lane, limits, log, 'reports');
    await pass(1_600);
    enter(lane, limits, log, 'balances');
    enter(lane, limits, log, 'confirmation');
    enter(lane, limits, log, 'execution');
    await pass(2_500);
    expect(log).toEqual(['execution', 'confirmation', 'reports', 'balances']);
  });

  it('keeps every lower level going while execution and confirmation leave room, whatever balances ask', async () => {
    const limits = limiter({ agingMs: 500, maxQueued: 1_000 });
    const lane = limits.lane('helius', TEN);
    const asked = [
      ['execution', 2],
      ['confirmation', 4],
      ['balances', 20],
      ['discovery', 3],
      ['reports', 3],
    ] as const;
    for (let second = 0; second < 30; second++) {
      for (const [priority, count] of asked)
        for (let i = 0; i < count; i++) enter(lane, limits, [], priority);
      await pass(1_000);
      const { queued } = lane.stats();
      expect([second, ...queued.slice(0, 2)]).toEqual([second, 0, 0]);
    }
    const { granted, waits } = lane.stats();
    expect(waits[1]!.max).toBeLessThan(1_000_000);
    for (const count of granted.slice(2)) expect(count).toBeGreaterThan(5);
  });

  it('drops whoever waits longer than its deadline or is aborted', async () => {
    const limits = limiter();
    const lane = limits.lane('helius', TEN);
    lane.throttled(0, 10_000);
    const abort = new AbortController();
    const refused = (request: object) =>
      limits.enter(lane, { priority: 'balances', ...request })?.catch((error: unknown) => error);
    const late = refused({ deadlineMs: 50 });
    const aborted = refused({ signal: abort.signal });
    const before = refused({ signal: AbortSignal.abort() });
    abort.abort();
    expect(await before).toMatchObject({ code: 'rpc-unreachable', context: { why: 'aborted' } });
    expect(await aborted).toMatchObject({ code: 'rpc-unreachable', context: { why: 'aborted' } });
    await pass(51);
    expect(await late).toMatchObject({ code: 'rpc-unreachable', message: expect.stringMatching(/in 50 ms/) });
    expect(limits.queued).toBe(0);
  });
});

describe('a full queue', () => {
  it('sheds the lowest level first and execution last, saying so', async () => {
    const limits = limiter({ maxQueued: 3 });
    const lane = limits.lane('helius', TEN);
    const other = limits.lane('triton', TEN);
    lane.throttled(0, 60_000);
    other.throttled(0, 60_000);
    const log: string[] = [];
    enter(other, limits, log, 'reports', 'report');
    enter(lane, limits, log, 'balances', 'balance');
    enter(lane, limits, log, 'confirmation', 'confirmation');
    const newcomer = limits.enter(lane, { priority: 'reports' });
    await expect(newcomer).rejects.toMatchObject({
      code: 'rpc-shed',
      message: 'a request of level reports to helius gave way: 3 requests wait for their turn already',
      context: { level: 'reports', queued: 3, lane: 'helius' },
    });
    for (const name of ['a', 'b', 'c', 'd']) enter(lane, limits, log, 'execution', name);
    await pass(0);
    expect(log).toEqual(['report: rpc-shed', 'balance: rpc-shed', 'confirmation: rpc-shed', 'd: rpc-shed']);
    expect(limits.queued).toBe(3);
    expect(lane.stats().shed).toEqual([1, 1, 1, 0, 1]);
    expect(other.stats().shed).toEqual([0, 0, 0, 0, 1]);
  });

  it('never holds more than its bound, and everybody hears what became of him', async () => {
    const step = fc.record({
      priority: fc.constantFrom(...PRIORITIES),
      deadlineMs: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
      waitMs: fc.constantFrom(0, 0, 0, 7, 120),
      weight: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const limits = limiter({ maxQueued: 8 });
        const lane = limits.lane('p', { ratePerSecond: 20, burst: 2, windowMs: 1_000 });
        let settled = 0;
        for (const { priority, deadlineMs, waitMs, weight } of steps) {
          const request = deadlineMs === undefined ? { priority, weight } : { priority, weight, deadlineMs };
          limits
            .run(lane, request, async () => undefined)
            .then(
              () => settled++,
              () => settled++,
            );
          expect(limits.queued).toBeLessThanOrEqual(8);
          if (waitMs > 0) await pass(waitMs);
        }
        for (let i = 0; i < 60 && settled < steps.length; i++) await pass(500);
        expect(settled).toBe(steps.length);
        expect(limits.queued).toBe(0);
        expect(lane.stats().inFlight).toBe(0);
        expect(timers).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses all that wait when it is closed', async () => {
    const limits = limiter();
    const lane = limits.lane('helius', TEN);
    lane.throttled(0, 60_000);
    const waiting = limits.enter(lane, { priority: 'execution' });
    limits.close();
    await expect(waiting).rejects.toMatchObject({ code: 'rpc-unreachable', context: { why: 'closed' } });
    expect(timers).toEqual([]);
  });
});

describe('an answer of "too many requests"', () => {
  it('pauses the lane for as long as the provider says', async () => {
    const limits = limiter();
    const lane = limits.lane('helius', TEN);
    const log: string[] = [];
    lane.throttled(clock.monotonicMicros(), 2_000);
    enter(lane, limits, log, 'execution');
    await pass(1_999);
    expect(log).toEqual([]);
    await pass(400);
    expect(log).toEqual(['execution']);
  });

  it('backs off exponentially while it goes on, slows down, and recovers', () => {
    const lane = limiter().lane('helius', TEN);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      lane.throttled(clock.monotonicMicros(), undefined);
      const waitMs = lane.expectedWaitMicros(1) / 1_000;
      pauses.push(waitMs);
      clock.advanceMs(waitMs + 1);
    }
    expect(Math.max(...pauses.slice(0, 2))).toBeLessThanOrEqual(400);
    expect(Math.max(...pauses)).toBeGreaterThan(2_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000);
    clock.advanceMs(-clock.nowMs());
    const fresh = limiter().lane('triton', TEN);
    fresh.throttled(0, undefined);
    expect(fresh.stats().ratePerSecond).toBe(5);
    // Refusals of what was sent before do not slow it further.
    clock.advanceMs(1);
    fresh.throttled(0, undefined);
    expect(fresh.stats().ratePerSecond).toBeCloseTo(5, 1);
    clock.advanceMs(5_000);
    expect(fresh.stats().ratePerSecond).toBe(10);
  });
});

describe('the window guard', () => {
  const SHORTEST_THERE = 30;
  const SHORTEST_BACK = 20;
  /** So many that the guard knows the shortest way. */
  const STEADY = Array.from({ length: 1_100 }, () => [0, 0] as const);

  /** Sends as early as the guard allows; gives when the server counted each. */
  function countedBy(
    max: number,
    windowMicros: number,
    delays: readonly (readonly [number, number])[],
  ): number[] {
    const guard = createWindowGuard(max, windowMicros);
    const counted: number[] = [];
    let open: { sent: number; settles: number }[] = [];
    let now = 0;
    for (const [there, back] of delays) {
      for (;;) {
        open.sort((a, b) => a.settles - b.settles);
        for (const { sent, settles } of open.filter((request) => request.settles <= now)) {
          guard.settled(1, sent, settles);
        }
        open = open.filter((request) => request.settles > now);
        const wait = guard.waitMicros(1, now);
        if (wait <= 0) break;
        now = Math.min(now + wait, open[0]?.settles ?? Number.POSITIVE_INFINITY);
      }
      guard.sent(1);
      counted.push(now + SHORTEST_THERE + there);
      open.push({ sent: now, settles: now + SHORTEST_THERE + there + back + SHORTEST_BACK });
    }
    return counted.sort((a, b) => a - b);
  }

  it('keeps every window of the server below the limit, however long answers take', () => {
    const delay = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 150 }), (delays) => {
        const counted = countedBy(5, 1_000, [...STEADY, ...delays]);
        for (let i = 5; i < counted.length; i++) {
          expect(counted[i]! - counted[i - 5]!).toBeGreaterThanOrEqual(1_000);
        }
      }),
    );
  });

  it('costs no rate where the delay is steady, once it is known', () => {
    const counted = countedBy(
      5,
      1_000,
      Array.from({ length: 1_500 }, () => [0, 0] as const),
    );
    expect(counted[1_499]! - counted[1_199]!).toBe(60_000);
  });
});
