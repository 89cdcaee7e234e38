import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import type { ChainClock } from '../../core/clock.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { clockAccount } from '../../market/chain-clock.ts';
import type { AccountUpdate } from '../../market/update.ts';
import { venueById } from '../../venues/registry.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import { loadLocally } from '../chain/local-rules.ts';
import { swapWrites } from '../chain/swap-writes.ts';
import { poolPrice } from './price-target.ts';
import type { MarketMint, SimMarket } from './sim-market.ts';
import { createWeightedChoice } from './weighted-choice.ts';

export interface GeneratedTradesParams {
  readonly market: SimMarket;
  readonly seed: string | number;
  /** Swaps a slot on average. Default 200. */
  readonly swapsPerSlot?: number;
}

/** What a feed would tell of one slot: in order, every write of every swap, and the clock first. */
export interface SlotOfTrades {
  readonly slot: number;
  readonly updates: readonly AccountUpdate[];
  readonly swaps: number;
}

/** Strangers who swap on a generated market, slot by slot, by the venues' own rules. */
export interface GeneratedTrades {
  nextSlot(): SlotOfTrades;
  /** One swap more in the slot told last, by somebody who saw a gap: what the feed tells of it. */
  trade(pool: Address, aToB: boolean, amountIn: bigint): readonly AccountUpdate[];
  /** The accounts as the last slot left them. */
  readonly source: AccountSource;
}

interface TradedPool {
  readonly venue: Venue;
  readonly address: Address;
  state: PoolState;
  /** Dollars on side A when the market opens. */
  readonly depthUsd: number;
  /** Log price, base units of B per base unit of A, that its traders come back to. */
  readonly fair: number;
}

const SLOTS_PER_SECOND = 1e6 / ASSUMED_CHAIN.slotMicros;
const DEFAULT_SWAPS = 200;
/** Deep pools are swapped oftener, though less than in proportion. */
const POPULARITY = 0.6;
/** Of what the side in stands for, a swap's median and the spread of its logarithm. */
const MEDIAN_SHARE = 3e-4;
const SIZE_SPREAD = 1.3;
const MOST_SHARE = 0.02;
/** How often a swap goes towards the fair price where the pool stands outside its own fee. */
const HOMING = 0.85;

/**
 * Opens the market for strangers. The same market and seed give the same updates. Prices wander inside the fee bands
 * and now and then outside, so that gaps keep opening and closing.
 */
export function createGeneratedTrades(params: GeneratedTradesParams): GeneratedTrades {
  const { market, swapsPerSlot = DEFAULT_SWAPS } = params;
  const random = createRandom(params.seed).fork('generated trades');
  const accounts = new Map<Address, AccountBytes>(
    market.accounts.map(({ address, account }) => [address, account]),
  );
  const source: AccountSource = (address) => accounts.get(address) ?? null;
  let clock: ChainClock = market.clock;
  const pools = openPools(market, source);
  const popular = createWeightedChoice(pools.map(({ depthUsd }) => depthUsd ** POPULARITY));

  const swap = (pool: TradedPool, updates: AccountUpdate[]): boolean => {
    const { venue, state } = pool;
    const price = poolPrice(venue, state, clock);
    const away = price === undefined ? 0 : price.mid - pool.fair;
    const isOutside = price !== undefined && Math.abs(away) > price.fee;
    const aToB = isOutside && random.next() < HOMING ? away > 0 : random.next() < 0.5;
    const held = vaultAmount(source, aToB ? state.vaultA : state.vaultB);
    return execute(pool, aToB, BigInt(Math.max(1, Math.round(held * shareOf(random)))), updates);
  };

  const execute = (pool: TradedPool, aToB: boolean, amountIn: bigint, updates: AccountUpdate[]): boolean => {
    const { venue, state } = pool;
    const swapped = swapWrites({ venue, state, aToB, amountIn, clock, source });
    if (swapped === undefined) return false;
    for (const { address, account } of swapped.writes) {
      accounts.set(address, account);
      updates.push({ address, slot: clock.slot, account });
    }
    const loaded = swapped.state === undefined ? loadLocally(venue, pool.address, source) : undefined;
    if (swapped.state !== undefined) pool.state = swapped.state;
    else if (loaded?.ok) pool.state = loaded.state;
    return true;
  };

  return {
    source,
    trade(address, aToB, amountIn) {
      const pool = pools.find((candidate) => candidate.address === address);
      const updates: AccountUpdate[] = [];
      if (pool !== undefined) execute(pool, aToB, amountIn, updates);
      return updates;
    },
    nextSlot() {
      clock = { ...clock, slot: clock.slot + 1, unixTimestamp: timeAt(market.clock, clock.slot + 1) };
      const updates: AccountUpdate[] = [];
      updates.push({ address: CLOCK_SYSVAR, slot: clock.slot, account: clockAccount(clock) });
      const wanted = Math.round(swapsPerSlot * (0.5 + random.next()));
      let swaps = 0;
      for (let i = 0; i < wanted; i++) {
        const pool = pools[popular(random)];
        if (pool !== undefined && swap(pool, updates)) swaps += 1;
      }
      return { slot: clock.slot, updates, swaps };
    },
  };
}

function openPools(market: SimMarket, source: AccountSource): readonly TradedPool[] {
  const mints = new Map(market.mints.map((mint) => [mint.address, mint]));
  return market.pools.flatMap(({ venue: id, address }): TradedPool[] => {
    const venue = venueById(id);
    const loaded = venue === undefined ? undefined : loadLocally(venue, address, source);
    if (venue === undefined || loaded === undefined || !loaded.ok) return [];
    const { state } = loaded;
    const [a, b] = [mints.get(state.mintA), mints.get(state.mintB)];
    if (a === undefined || b === undefined) return [];
    const depthUsd = vaultAmount(source, state.vaultA) * Math.exp(logWorth(a));
    return [{ venue, address, state, depthUsd, fair: logWorth(a) - logWorth(b) }];
  });
}

/** Logarithm of the dollars that one base unit is worth. */
function logWorth({ referencePriceUsd, decimals }: MarketMint): number {
  return Math.log(referencePriceUsd) - decimals * Math.LN10;
}

function vaultAmount(source: AccountSource, vault: Address): number {
  const account = source(vault);
  if (!account) return 0;
  return Number(new DataView(account.data.buffer, account.data.byteOffset).getBigUint64(64, true));
}

function shareOf(random: Random): number {
  return Math.min(MOST_SHARE, MEDIAN_SHARE * Math.exp(SIZE_SPREAD * random.normal()));
}

function timeAt(start: ChainClock, slot: number): number {
  return start.unixTimestamp + Math.floor((slot - start.slot) / SLOTS_PER_SECOND);
}
