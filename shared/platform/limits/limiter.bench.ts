import { type Bench, percentile } from '../../bench/harness.ts';
import type { Clock } from '../../core/clock.ts';
import { createRandom } from '../../core/random.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createLimiter } from './limiter.ts';

/** Helius' default: 3,000,000 an hour. */
const PER_SECOND = 833;
const LOAD = 0.9;
const SECONDS = 60;
const ANSWER_MS = 20;
const BURST = 42;
const LIMITER = { random: createRandom('bench'), maxQueued: 1_024, agingMs: 500 };

/** Lets `granted` run when the request may go; `settled` follows every grant. */
interface Gate {
  enter(granted: () => void): void;
  settled(sentMicros: number): void;
  stop(): void;
}

export const benches: readonly Bench[] = [
  {
    name: 'feed.limiter',
    unit: 'µs waited (p99) at 90 % load',
    async run(harness) {
      const baseline = await waits(naiveGate);
      const ours = await waits(limiterGate);
      harness.note(`${ours.length} requests at ${PER_SECOND * LOAD}/s, Poisson, answered after 20 ms`);
      const p99 = percentile(ours, 0.99);
      return {
        value: p99,
        p50: percentile(ours, 0.5),
        p99,
        baseline: { name: 'promise queue refilled by a timer', value: percentile(baseline, 0.99) },
      };
    },
  },
  {
    name: 'feed.limiter.fast',
    unit: 'requests/s',
    run(harness) {
      const clock = createSystemClock();
      const limiter = createLimiter({ clock, ...LIMITER });
      const lane = limiter.lane('bench', { ratePerSecond: 1e9, burst: 1e9, windowMs: 1_000 / 1e6 });
      const startMicros = clock.monotonicMicros();
      const request = { priority: 'execution' } as const;
      const value = harness.throughput((turns) => {
        for (let i = 0; i < turns; i++) {
          if (limiter.enter(lane, request) !== undefined) throw new Error('had to wait');
          lane.settled(1, startMicros);
        }
      });
      return { value };
    },
  },
];

/** Time that stands still while the limiter computes; timers fire in whole milliseconds, as Node's do. */
interface VirtualTime {
  readonly clock: Clock;
  schedule(ms: number, work: () => void): () => void;
  /** Fires what is due until then, in order. */
  runTo(micros: number): Promise<void>;
}

function createVirtualTime(): VirtualTime {
  let nowMicros = 0;
  let timers: { readonly atMicros: number; readonly work: () => void }[] = [];
  return {
    clock: { nowMs: () => nowMicros / 1_000, monotonicMicros: () => nowMicros },
    schedule(ms, work) {
      const timer = { atMicros: Math.ceil(nowMicros / 1_000 + ms) * 1_000, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async runTo(micros) {
      for (;;) {
        let next = timers[0];
        for (const timer of timers) if (timer.atMicros < next!.atMicros) next = timer;
        if (next === undefined || next.atMicros > micros) break;
        nowMicros = next.atMicros;
        timers = timers.filter((other) => other !== next);
        next.work();
        await settle();
      }
      nowMicros = micros;
    },
  };
}

/**
 * What each of a Poisson stream of requests waited, in microseconds: its wait in virtual time, so that a busy machine
 * adds nothing, and the processor time that its own call took.
 */
async function waits(createGate: (time: VirtualTime) => Gate): Promise<number[]> {
  const time = createVirtualTime();
  const gate = createGate(time);
  const random = createRandom('limiter bench');
  const waited: number[] = [];
  for (let dueMicros = 0; dueMicros < SECONDS * 1e6; ) {
    await time.runTo(dueMicros);
    const enteredMicros = dueMicros;
    let callMicros = 0;
    const startMs = performance.now();
    gate.enter(() => {
      const sentMicros = time.clock.monotonicMicros();
      waited.push(sentMicros - enteredMicros + callMicros);
      time.schedule(ANSWER_MS, () => gate.settled(sentMicros));
    });
    callMicros = (performance.now() - startMs) * 1_000;
    // One that was let go at once has noted no call time yet.
    if (waited.length > 0 && waited.at(-1) === 0) waited[waited.length - 1] = callMicros;
    await settle();
    dueMicros -= (Math.log(1 - random.next()) / (PER_SECOND * LOAD)) * 1e6;
  }
  gate.stop();
  return waited;
}

/** Lets promises that were resolved tell whoever awaits them. */
async function settle(): Promise<void> {
  await Promise.resolve();
  await Promise.resolve();
}

function limiterGate({ clock, schedule }: VirtualTime): Gate {
  const limiter = createLimiter({ clock, schedule, ...LIMITER });
  const lane = limiter.lane('bench', { ratePerSecond: PER_SECOND, burst: BURST, windowMs: 1_000 });
  return {
    enter(granted) {
      const turn = limiter.enter(lane, { priority: 'execution' });
      if (turn === undefined) granted();
      else
        turn.then(granted, () => {
          // Refused when the gate stops.
        });
    },
    settled: (sentMicros) => lane.settled(1, sentMicros),
    stop: () => limiter.close(),
  };
}

/** What is often written: everybody awaits a promise, and a timer lets as many go as the rate allows. */
function naiveGate({ schedule }: VirtualTime): Gate {
  const INTERVAL_MS = 10;
  const queue: (() => void)[] = [];
  let tokens = 0;
  let cancel = (): void => {};
  const refill = (): void => {
    cancel = schedule(INTERVAL_MS, refill);
    tokens = Math.min(BURST, tokens + (PER_SECOND * INTERVAL_MS) / 1_000);
    while (tokens >= 1 && queue.length > 0) {
      tokens--;
      queue.shift()?.();
    }
  };
  refill();
  return {
    enter(granted) {
      void new Promise<void>((resolve) => queue.push(resolve)).then(granted);
    },
    settled() {},
    stop: () => cancel(),
  };
}
