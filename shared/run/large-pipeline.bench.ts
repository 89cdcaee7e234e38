import { type Bench, percentile, round } from '../bench/harness.ts';
import type { Address } from '../core/address.ts';
import type { MarketEvent } from '../engine/event.ts';
import { createGeneratedMarket } from '../sim/markets/generated-market.ts';
import { createGeneratedTrades } from '../sim/markets/generated-trades.ts';
import { freshEngine, type Recording, replayFrames, withFrames } from './pipeline.bench.ts';
import { selectPools } from './universe.ts';

const POOLS = 1_000;
const MINTS = 200;
const SEED = 7;
const SWAPS_PER_SLOT = 150;
const SLOTS = 14;
/** The frames are replayed so often; each counts with its fastest time, so that a busy machine is not measured. */
const REPLAYS = 4;
/** A frame comes every so many microseconds: 5,000 a second. */
const EVERY_MICROS = 200;

export const benches: readonly Bench[] = [
  {
    name: 'pipeline.frame-to-decision.1000-pools',
    unit: 'µs (median)',
    run(harness) {
      const recording = record();
      const first = replayFrames(recording);
      const work = [...first];
      for (let i = 1; i < REPLAYS; i++) {
        replayFrames(recording).forEach((took, at) => {
          work[at] = Math.min(work[at]!, took);
        });
      }
      // The market opens cold: its first fifth is not what an update of a running service costs.
      const warm = work.slice(Math.floor(work.length / 5));
      const { waited, behind } = queue(warm);
      const busy = warm.reduce((sum, took) => sum + took, 0) / (warm.length * EVERY_MICROS);
      harness.note(
        `${warm.length} frames, each the fastest of ${REPLAYS} replays, arriving at 5,000 a second: ` +
          `${round(100 * busy)} % of one core busy, ${round(behind)} µs behind at the end; ${round(process.memoryUsage.rss() / 1e6)} MB`,
      );
      const p50 = round(percentile(waited, 0.5));
      return {
        value: p50,
        p50,
        p99: round(percentile(waited, 0.99)),
        also: {
          'work alone, p99': percentile([...warm], 0.99),
          'one replay, p99 of work': percentile(first, 0.99),
          'mean of work': busy * EVERY_MICROS,
        },
      };
    },
  },
];

/** From arrival to decision when frames come evenly and one core takes them in order; how late the last one ends. */
function queue(work: readonly number[]): { readonly waited: number[]; readonly behind: number } {
  const waited: number[] = [];
  let free = 0;
  for (const [i, took] of work.entries()) {
    const arrives = i * EVERY_MICROS;
    free = Math.max(free, arrives) + took;
    waited.push(free - arrives);
  }
  return { waited, behind: Math.max(0, free - work.length * EVERY_MICROS) };
}

/** Strangers swap on a large market beside an engine, which says what accounts it comes to watch. */
function record(): Recording {
  const sim = createGeneratedMarket({ pools: POOLS, mints: MINTS, seed: SEED });
  const trades = createGeneratedTrades({ market: sim, seed: SEED, swapsPerSlot: SWAPS_PER_SLOT });
  const market = selectPools(sim.pools);
  const engine = freshEngine(market);
  const events: MarketEvent[] = [];
  const watched = new Set<Address>();
  const asked: Address[] = [];
  const tell = (event: MarketEvent): void => {
    events.push(event);
    for (const address of engine.process(event).watch) {
      watched.add(address);
      asked.push(address);
    }
  };
  const answer = (slot: number): void => {
    for (let address = asked.shift(); address !== undefined; address = asked.shift())
      tell({
        kind: 'account',
        atMicros: 0,
        update: { address, slot, account: trades.source(address) ?? null },
      });
  };
  tell({ kind: 'feed', atMicros: 0, live: false, reason: 'recording' });
  let { slot } = sim.clock;
  answer(slot);
  tell({ kind: 'slot', atMicros: 0, slot, parent: slot - 1 });
  tell({ kind: 'feed', atMicros: 0, live: true, reason: 'recording' });
  answer(slot);
  for (let i = 0; i < SLOTS; i++) {
    const told = trades.nextSlot();
    tell({ kind: 'slot', atMicros: 0, slot: told.slot, parent: slot });
    slot = told.slot;
    for (const update of told.updates)
      if (watched.has(update.address)) tell({ kind: 'account', atMicros: 0, update });
    answer(slot);
  }
  return withFrames(market, events, [...watched]);
}
