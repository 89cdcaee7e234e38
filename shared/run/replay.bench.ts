import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, percentile, round } from '../bench/harness.ts';
import type { Address } from '../core/address.ts';
import type { MarketEvent } from '../engine/event.ts';
import { createMarket } from '../market/market.ts';
import { loadConfig } from '../platform/config/load.ts';
import { createSystemClock } from '../platform/process/system-clock.ts';
import { createRecorder } from '../platform/recording/recorder.ts';
import { findRuns, forEachEvent, type RecordedRun } from '../platform/recording/recording.ts';
import { LOCAL_RULES } from '../sim/chain/local-rules.ts';
import { createLocalMarket } from './local-market.ts';
import { replayRun } from './replay-run.ts';
import { createRunRecorder } from './run-recorder.ts';
import { runSimulated } from './simulated-run.ts';
import { selectPools } from './universe.ts';

const SEED = 7;
/** Of market time: long enough that the first load of every pool is a small part. */
const SECONDS = 600;
const WARM_UPS = 3;
const ROUNDS = 5;
const PER_SECOND = 5_000;
const PACED_SECONDS = 4;
const TURN_MS = 10;

const clock = createSystemClock();
const { signal } = new AbortController();

/** The built-in market, recorded once, and read or replayed from its files. */
export const benches: readonly Bench[] = [
  {
    name: 'feed.replay-apply',
    unit: 'updates/s',
    run: (harness) =>
      withRecording(async (recorded) => {
        const rate = await ratePerCpuSecond(() => applyAll(recorded));
        const decodeOnly = await ratePerCpuSecond(() => countAll(recorded));
        harness.note('file to market: read, unzip, decode, apply; by a second of processor time');
        return {
          value: round(rate),
          baseline: { name: 'the same without apply', value: round(decodeOnly) },
        };
      }),
  },
  {
    name: 'feed.replay-engine',
    unit: 'updates/s',
    run: () =>
      withRecording(async (recorded) => {
        const { config } = loadConfig({ env: {}, flags: { seed: String(SEED) }, cwd: import.meta.dirname });
        const rates: number[] = [];
        for (let turn = 0; turn < 2; turn++) {
          const speed = Number.POSITIVE_INFINITY;
          const [result, seconds] = await timed(() => replayRun({ recorded, config, speed, clock, signal }));
          if (result.firstDifference !== undefined) throw new Error('the replay decided something else');
          rates.push(result.run.activity.updates / seconds);
        }
        return { value: round(rates.at(-1)!) };
      }),
  },
  {
    name: 'feed.recorder',
    unit: `% of a core at ${PER_SECOND} updates/s`,
    run: (harness) =>
      withRecording(async (recorded, dir) => {
        const events = await paceEvents(recorded);
        // Memory and code are warm before either is measured.
        await recordPaced(recorded, join(dir, 'warm'), events);
        await pacedCpu(events, () => {});
        const without = await pacedCpu(events, () => {});
        const recording = await recordPaced(recorded, join(dir, 'measured'), events);
        harness.note(
          `less is better; the stream alone takes ${without.toFixed(2)} %, with the recorder ${recording.percent.toFixed(2)} %, all threads`,
        );
        if (recording.lost > 0) throw new Error(`${recording.lost} events were lost`);
        return {
          value: round(recording.percent - without),
          p50: round(recording.micros),
          baseline: { name: 'the same stream without recorder', value: round(without) },
        };
      }),
  },
];

async function withRecording<T>(work: (recorded: RecordedRun, dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'arb-bench-'));
  try {
    const flags = { seed: String(SEED), 'recorder-dir': dir };
    const { config } = loadConfig({ env: {}, flags, cwd: import.meta.dirname });
    const market = createLocalMarket('built-in', SEED);
    await runSimulated({
      config,
      market,
      clock,
      durationSeconds: SECONDS,
      signal,
      record: (run) =>
        createRunRecorder({
          config,
          universe: market,
          symbols: market.symbols,
          run,
          clock,
          version: 'bench',
          onTrouble: () => {},
        }),
    });
    const [recorded] = await findRuns([dir]);
    return await work(recorded!, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Median over rounds of what `work` says that it did, by a second of processor time. */
async function ratePerCpuSecond(work: () => Promise<number>): Promise<number> {
  for (let turn = 0; turn < WARM_UPS; turn++) await work();
  const rates: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn++) {
    const [done, seconds] = await timed(work);
    rates.push(done / seconds);
  }
  return percentile(rates, 0.5);
}

/** With the seconds of processor time that it took, all threads: on a busy machine the wall clock says nothing. */
async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return [value, (user + system) / 1e6];
}

/** Account updates from the files into a market. */
async function applyAll(recorded: RecordedRun): Promise<number> {
  const market = createMarket({ rules: LOCAL_RULES });
  for (const { venue, address } of selectPools(recorded.run.pools).pools) market.addPool(venue, address);
  let updates = 0;
  await forEachEvent(recorded, (event, _number, recycle) => {
    if (event.kind === 'account') {
      const { released } = market.apply(event.update);
      if (released !== undefined) recycle(event.update.address, released);
      market.takeSubscriptions();
      updates += 1;
    } else if (event.kind === 'slot') market.beginSlot(event.slot, event.parent);
    else if (event.kind === 'feed') market.setLive(event.live);
  });
  return updates;
}

async function countAll(recorded: RecordedRun): Promise<number> {
  const held = new Map<Address, Uint8Array>();
  let updates = 0;
  await forEachEvent(recorded, (event, _number, recycle) => {
    if (event.kind !== 'account') return;
    const { address, account } = event.update;
    const before = held.get(address);
    if (account !== null) held.set(address, account.data);
    if (before !== undefined) recycle(address, before);
    updates += 1;
  });
  return updates;
}

/** Enough account updates for the paced streams, the newest of the recording. */
async function paceEvents(recorded: RecordedRun): Promise<MarketEvent[]> {
  const all: MarketEvent[] = [];
  await forEachEvent(recorded, (event) => {
    if (event.kind === 'account') all.push(event);
  });
  return all.slice(-PER_SECOND * PACED_SECONDS);
}

/** CPU time of the whole process, in percent of a core, while `take` is given the events at their pace. */
async function pacedCpu(events: readonly MarketEvent[], take: (event: MarketEvent) => void): Promise<number> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  let given = 0;
  while (given < events.length) {
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    const due = Math.min(events.length, Math.floor(((performance.now() - startMs) * PER_SECOND) / 1_000));
    for (; given < due; given++) take(events[given]!);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / (performance.now() - startMs);
}

async function recordPaced({ run }: RecordedRun, dir: string, events: readonly MarketEvent[]) {
  const recorder = await createRecorder({
    run,
    dir,
    maxSegmentBytes: 64_000_000,
    maxSegmentMs: 600_000,
    level: 1,
    bucket: undefined,
    decided: () => ({ lines: 0, decisionsHash: '00'.repeat(32) }),
    onTrouble: () => {},
  });
  let micros = 0;
  const percent = await pacedCpu(events, (event) => {
    const from = clock.monotonicMicros();
    recorder.take(event);
    micros += clock.monotonicMicros() - from;
  });
  const { lostEvents } = await recorder.close(0);
  return { percent, micros: micros / events.length, lost: lostEvents };
}
