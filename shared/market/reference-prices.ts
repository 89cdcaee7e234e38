import { type Address, WSOL_MINT } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { agree, type Voice } from './agreement.ts';
import { type DepthOptions, depthOf } from './depth.ts';
import { isQuotable, type PoolEntry } from './pool-entry.ts';
import { LAMPORT_ITSELF, type ReferencePrice, scaledUnits } from './reference-price.ts';

/**
 * What a lamport is worth in other mints, by the pools that trade them against wSOL. What is remembered changes by
 * `follow`, `see`, `beginSlot` and `forget` only, never by asking: so that a replay, in which nobody looks, has the
 * same prices.
 */
export interface ReferencePrices {
  /** Keeps the mint's pools measured from now on, so that asking costs next to nothing. */
  follow(mint: Address): void;
  /** The pool may quote otherwise than before. */
  see(entry: PoolEntry): void;
  /** Another slot has begun: one more pool is measured anew. */
  beginSlot(): void;
  /** The pool is no longer part of the universe. */
  forget(entry: PoolEntry): void;
  /** Undefined where the pools lack depth or agreement. */
  of(mint: Address): ReferencePrice | undefined;
}

/** What the prices are made from. */
export interface PricedMarket {
  readonly pools: readonly PoolEntry[];
  readonly clock: ChainClock | undefined;
  readonly slot: number;
}

/** One pool of a followed mint, as last measured. */
interface Measured extends Voice {
  readonly entry: PoolEntry;
  logPrice: number;
  weight: number;
  votes: boolean;
  /** The price when the depth was measured. */
  measuredAt: number;
  /** The last slot in which it could be quoted. */
  seenSlot: number;
}

/** Voices of one mint; `price` is what they came to, until `stale`. */
interface Followed {
  readonly voices: Measured[];
  /** As the mints' pools come: whose turn it is to be measured anew. */
  readonly turns: Measured[];
  turn: number;
  stale: boolean;
  price: ReferencePrice | undefined;
}

const NEAR_PRICE: DepthOptions = { maxFallBps: 100, halvings: 5 };
/** Together the pools must give this much within a percent: what one trade costs many times over. */
const MIN_DEPTH_LAMPORTS = 50_000_000;
/** A price that has moved this far, in logarithms, may stand where the depth is another. */
const REMEASURE_AFTER = 0.05;

export function createReferencePrices(market: PricedMarket, maxAgeSlots: number): ReferencePrices {
  const byMint = new Map<Address, Followed>();
  /** By a pool's index. */
  const voiceOf: (Measured | undefined)[] = [];

  const see = (entry: PoolEntry): void => {
    if (byMint.size === 0) return;
    const mint = otherMint(entry);
    const followed = mint === undefined ? undefined : byMint.get(mint);
    const clock = market.clock;
    if (followed === undefined || clock === undefined) return;
    followed.stale = true;
    if (!isQuotable(entry)) return;
    let voice = voiceOf[entry.index];
    if (voice === undefined) {
      voice = measure(entry, clock, market.slot);
      if (voice === undefined) return;
      voiceOf[entry.index] = voice;
      followed.voices.push(voice);
      followed.turns.push(voice);
      return;
    }
    voice.seenSlot = market.slot;
    const logPrice = middleLogPrice(entry, clock);
    if (Number.isNaN(logPrice)) {
      voice.weight = 0;
      voice.measuredAt = Number.NEGATIVE_INFINITY;
      return;
    }
    voice.logPrice = logPrice;
    if (Math.abs(logPrice - voice.measuredAt) > REMEASURE_AFTER) weigh(voice, clock);
  };

  const forget = (entry: PoolEntry): void => {
    const voice = voiceOf[entry.index];
    if (voice === undefined) return;
    voiceOf[entry.index] = undefined;
    for (const followed of byMint.values()) {
      const at = followed.voices.indexOf(voice);
      if (at < 0) continue;
      followed.voices.splice(at, 1);
      followed.turns.splice(followed.turns.indexOf(voice), 1);
      followed.stale = true;
    }
  };

  return {
    see,
    forget,
    follow(mint) {
      if (mint === WSOL_MINT || byMint.has(mint)) return;
      byMint.set(mint, { voices: [], turns: [], turn: 0, stale: true, price: undefined });
      for (const entry of market.pools) if (otherMint(entry) === mint) see(entry);
    },
    beginSlot() {
      const clock = market.clock;
      for (const followed of byMint.values()) {
        const { turns } = followed;
        for (const voice of turns) if (isQuotable(voice.entry)) voice.seenSlot = market.slot;
        const next = turns.length === 0 ? undefined : turns[followed.turn++ % turns.length];
        if (next !== undefined && clock !== undefined && isQuotable(next.entry)) weigh(next, clock);
        followed.stale = true;
      }
    },
    of(mint) {
      if (mint === WSOL_MINT) return LAMPORT_ITSELF;
      const followed = byMint.get(mint);
      if (followed === undefined) {
        const { clock } = market;
        if (clock === undefined) return undefined;
        const voices = market.pools.flatMap((entry) =>
          otherMint(entry) === mint && isQuotable(entry) ? (measure(entry, clock, market.slot) ?? []) : [],
        );
        return priceOf(voices);
      }
      if (followed.stale) {
        // A pool that was quotable a moment ago still says what it said then.
        for (const voice of followed.voices) voice.votes = market.slot - voice.seenSlot <= maxAgeSlots;
        followed.price = priceOf(followed.voices);
        followed.stale = false;
      }
      return followed.price;
    },
  };
}

function otherMint({ state }: PoolEntry): Address | undefined {
  if (state?.mintA === WSOL_MINT) return state.mintB;
  return state?.mintB === WSOL_MINT ? state.mintA : undefined;
}

/** Undefined where it trades one way only. */
function measure(entry: PoolEntry, clock: ChainClock, slot: number): Measured | undefined {
  const logPrice = middleLogPrice(entry, clock);
  if (Number.isNaN(logPrice)) return undefined;
  const voice = { entry, logPrice, weight: 0, votes: true, measuredAt: logPrice, seenSlot: slot };
  weigh(voice, clock);
  return voice;
}

function weigh(voice: Measured, clock: ChainClock): void {
  const { venue, state } = voice.entry;
  const there = depthOf(venue, state!, true, clock, NEAR_PRICE);
  const back = depthOf(venue, state!, false, clock, NEAR_PRICE);
  voice.weight = Math.sqrt(Number(there)) * Math.sqrt(Number(back));
  voice.measuredAt = voice.logPrice;
}

/** Base units of the other mint for a lamport, the middle of both directions; NaN where one of them does not trade. */
function middleLogPrice({ venue, state }: PoolEntry, clock: ChainClock): number {
  const solIsA = state!.mintA === WSOL_MINT;
  const out = venue.marginalPrice(state!, solIsA, clock);
  const back = venue.marginalPrice(state!, !solIsA, clock);
  const middle = out > 0 && back > 0 ? (Math.log(out) - Math.log(back)) / 2 : Number.NaN;
  return Number.isFinite(middle) ? middle : Number.NaN;
}

function priceOf(voices: Measured[]): ReferencePrice | undefined {
  const agreed = agree(voices);
  // The weight is the mean of both sides: at the price, this much is in lamports.
  if (agreed === undefined || agreed.weight < MIN_DEPTH_LAMPORTS * Math.exp(agreed.logPrice / 2))
    return undefined;
  const scaled = scaledUnits(Math.exp(agreed.logPrice));
  return scaled === undefined ? undefined : { unitsPerLamportScaled: scaled };
}
