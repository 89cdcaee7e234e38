import { type Bench, percentile, round } from '../bench/harness.ts';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { createRandom } from '../core/random.ts';
import { createStaticCosts } from '../costs/costs.ts';
import type { MarketEvent } from '../engine/event.ts';
import { createMarket } from '../market/market.ts';
import { loadConfig } from '../platform/config/load.ts';
import { FrameDecoder } from '../platform/feed/wire/frame.ts';
import { createSystemClock } from '../platform/process/system-clock.ts';
import { openGate } from '../routing/candidates.ts';
import { createTally } from '../routing/reason.ts';
import { createSearch } from '../routing/search.ts';
import { LOCAL_RULES } from '../sim/chain/local-rules.ts';
import { composeEngine } from './compose.ts';
import { createLocalMarket, type LocalMarket } from './local-market.ts';

const SEED = 7;
const SLOTS = 1_500;
/** The run is replayed this often; the first time warms the code up and is not counted. */
const ROUNDS = 5;
/** Updates of the baseline, which is too slow for all of them. */
const SEARCHES = 1_000;

const clock = createSystemClock();

/** Everything a service hears of a market, as events and as the frames that carry them. */
export interface Recording {
  readonly market: Pick<LocalMarket, 'pools'>;
  readonly events: readonly MarketEvent[];
  /** By the same index; undefined where the event is no frame. */
  readonly frames: readonly (Buffer | undefined)[];
  readonly addresses: readonly Address[];
}

export const benches: readonly Bench[] = [
  {
    name: 'pipeline.frame-to-decision',
    unit: 'µs (median)',
    run(harness) {
      const recording = record();
      const micros: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const times = replayFrames(recording);
        if (round > 0) micros.push(...times);
      }
      const p50 = round(percentile(micros, 0.5));
      const p99 = round(percentile(micros, 0.99));
      harness.note(
        `${micros.length / (ROUNDS - 1)} frames a round over ${SLOTS} slots of the built-in market`,
      );
      return { value: p50, p50, p99 };
    },
  },
  {
    name: 'engine.replay',
    unit: 'updates/s',
    run() {
      const recording = record();
      const rates: number[] = [];
      const naive: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const rate = replayRate(recording);
        const searchAll = searchEverythingRate(recording);
        if (round === 0) continue;
        rates.push(rate);
        naive.push(searchAll);
      }
      return {
        value: round(percentile(rates, 0.5)),
        baseline: {
          name: 'search every route at each update',
          value: round(percentile(naive, 0.5)),
        },
      };
    },
  },
];

const defaults = () => loadConfig({ env: {}, flags: {}, cwd: import.meta.dirname });

export function freshEngine(market: Pick<LocalMarket, 'pools'>) {
  const { config } = defaults();
  return composeEngine({ config, pools: market.pools, clock, random: createRandom(SEED) });
}

/** Runs the market once beside an engine, to know which accounts it comes to watch, and keeps what it was told. */
function record(): Recording {
  const market = createLocalMarket('built-in', SEED);
  const { bank } = market.world;
  const engine = freshEngine(market);
  const events: MarketEvent[] = [];
  const watched = new Set<Address>();
  const tell = (event: MarketEvent): void => {
    events.push(event);
    for (const address of engine.process(event).watch) {
      watched.add(address);
      asked.push(address);
    }
  };
  const asked: Address[] = [];
  const answer = (slot: number): void => {
    for (let address = asked.shift(); address !== undefined; address = asked.shift()) {
      tell({ kind: 'account', atMicros: 0, update: { address, slot, account: bank.at(slot).get(address) } });
    }
  };
  tell({ kind: 'feed', atMicros: 0, live: false, reason: 'recording' });
  const first = bank.advanceSlot();
  answer(first.parent);
  tell({ kind: 'slot', atMicros: 0, slot: first.slot, parent: first.parent });
  tell({ kind: 'feed', atMicros: 0, live: true, reason: 'recording' });
  answer(first.parent);
  for (let i = 0; i < SLOTS; i++) {
    const { changed, slot, parent } = market.world.step();
    for (const { address, account } of changed) {
      if (watched.has(address)) {
        tell({ kind: 'account', atMicros: 0, update: { address, slot: parent, account } });
      }
    }
    answer(parent);
    tell({ kind: 'slot', atMicros: 0, slot, parent });
  }
  return withFrames(market, events, [...watched]);
}

/** The events with the frames that carried them over the socket. */
export function withFrames(
  market: Recording['market'],
  events: readonly MarketEvent[],
  addresses: readonly Address[],
): Recording {
  const subscriptions = new Map(addresses.map((address, i) => [address, i]));
  const frames = events.map((event) => {
    // What a snapshot answers comes by HTTP and decides nothing yet.
    if (event.kind !== 'account' || event.update.account === null) return undefined;
    const { address, slot, account } = event.update;
    return Buffer.from(frameText(subscriptions.get(address)!, slot, account));
  });
  return { market, events, frames, addresses };
}

function frameText(subscription: number, slot: number, account: AccountBytes): string {
  const { lamports, owner, data } = account;
  const text = Buffer.from(data).toString('base64');
  const value = `{"lamports":${lamports},"data":["${text}","base64"],"owner":"${owner}","executable":false,"rentEpoch":18446744073709551615,"space":${data.length}}`;
  return `{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":${slot}},"value":${value}},"subscription":${subscription}}}`;
}

/** Microseconds from each WebSocket frame of a live pool to the decision it led to. */
export function replayFrames({ market, events, frames, addresses }: Recording): number[] {
  const engine = freshEngine(market);
  const decoder = new FrameDecoder();
  const times: number[] = [];
  for (const [i, event] of events.entries()) {
    const frame = frames[i];
    if (frame === undefined) {
      engine.process(event);
      continue;
    }
    const from = clock.monotonicMicros();
    if (decoder.decode(frame) !== 'account') throw new Error(`not an account frame: ${decoder.problem}`);
    const address = addresses[Number(decoder.subscription)]!;
    const record = engine.process({
      kind: 'account',
      atMicros: from,
      update: { address, slot: decoder.slot, account: decoder.account },
    });
    const took = clock.monotonicMicros() - from;
    if (record.loads === 0) times.push(took);
  }
  return times;
}

function replayRate({ market, events }: Recording): number {
  const engine = freshEngine(market);
  const from = clock.monotonicMicros();
  for (const event of events) engine.process(event);
  return (events.length * 1e6) / (clock.monotonicMicros() - from);
}

/** The plain way to follow a market: the same updates and the same search, but of every route at each of them. */
function searchEverythingRate({ market: { pools }, events }: Recording): number {
  const { config } = defaults();
  const market = createMarket({ rules: LOCAL_RULES });
  for (const { venue, address } of pools) market.addPool(venue, address);
  const { startMints, maxLegs, maxSwaps, maxQuotesPerUpdate, maxCandidatesPerUpdate } = config.routing;
  const costs = createStaticCosts(config.costs);
  const search = createSearch({
    market,
    startMints,
    maxLegs,
    maxSwaps,
    costs,
    maxQuotes: maxQuotesPerUpdate,
    maxCandidates: maxCandidatesPerUpdate,
    maxPoolShareBps: config.risk.maxPoolShareBps,
  });
  const tally = createTally();
  const gate = openGate(20_000_000_000n);
  let loaded = false;
  let searched = 0;
  let micros = 0;
  for (const event of events) {
    if (searched === SEARCHES) break;
    if (event.kind === 'slot') market.beginSlot(event.slot, event.parent);
    if (event.kind === 'feed') market.setLive(event.live);
    if (event.kind !== 'account') continue;
    const from = clock.monotonicMicros();
    market.apply(event.update);
    if (!loaded) {
      loaded = market.pools.every((pool) => pool.status === 'live');
      continue;
    }
    search.run(market.pools, market.clock!, gate, tally);
    micros += clock.monotonicMicros() - from;
    searched += 1;
  }
  return (searched * 1e6) / micros;
}
