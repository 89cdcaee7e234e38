import type { Address } from '../../core/address.ts';
import type { Random } from '../../core/random.ts';
import type { MarketMint, MintCharacter } from './sim-market.ts';

/** Where the traders of the local node believe each mint's price to be: a seeded walk, one step a slot. */
export interface ReferencePrices {
  /** Moves every price by one slot. `activity` scales the steps: 1 is an ordinary market, near 0 a dead one. */
  step(activity: number): void;
  /** Natural logarithm of the price now over the price at the start; 0 for a mint it does not know. */
  drift(mint: Address): number;
  /** Dollars for one whole token now; 0 for a mint it does not know. */
  priceUsd(mint: Address): number;
}

/** Per slot of 400 ms: 0.7 bps is about 60 % a year, SOL's own order of size. */
const SOL_STEP = 0.7e-4;
/** The pull back to the opening price: half of a deviation is gone after some 8,000 slots (an hour). */
const REVERSION_PER_SLOT = 1 / 12_000;
const BURST_STARTS_PER_SLOT = 1 / 700;

interface Trait {
  /** Share of SOL's own move that this mint follows. */
  readonly beta: number;
  /** Standard deviation of its own step, per slot. */
  readonly ownStep: number;
  /** Its own walk never leaves this, so that pools with finite ranges keep trading. */
  readonly ownLimit: number;
}

const SOL_LIMIT = 0.03;
const TRAITS: Readonly<Record<MintCharacter, Trait>> = {
  stable: { beta: 0, ownStep: 0.015e-4, ownLimit: 0.0012 },
  sol: { beta: 1, ownStep: 0, ownLimit: 0 },
  'staked-sol': { beta: 1, ownStep: 0.02e-4, ownLimit: 0.0015 },
  alt: { beta: 0.9, ownStep: 0.9e-4, ownLimit: 0.03 },
};

interface Walk {
  value: number;
  burstSlots: number;
  burstScale: number;
  burstTrend: number;
}

/** Reference prices that start at the mints' own and stay within a few percent of them for good. */
export function createReferencePrices(deps: {
  readonly mints: readonly MarketMint[];
  readonly random: Random;
}): ReferencePrices {
  const solRandom = deps.random.fork('sol');
  const sol = freshWalk();
  const own = new Map(
    deps.mints.map((mint) => [
      mint.address,
      { mint, walk: freshWalk(), trait: TRAITS[mint.character], random: deps.random.fork(mint.address) },
    ]),
  );
  const drift = (address: Address): number => {
    const entry = own.get(address);
    return entry === undefined ? 0 : entry.trait.beta * sol.value + entry.walk.value;
  };
  return {
    step(activity) {
      stepWalk(sol, SOL_STEP * activity, SOL_LIMIT, solRandom);
      for (const { walk, trait, random } of own.values()) {
        if (trait.ownStep > 0) stepWalk(walk, trait.ownStep * activity, trait.ownLimit, random);
      }
    },
    drift,
    priceUsd(address) {
      const entry = own.get(address);
      return entry === undefined ? 0 : entry.mint.referencePriceUsd * Math.exp(drift(address));
    },
  };
}

function freshWalk(): Walk {
  return { value: 0, burstSlots: 0, burstScale: 1, burstTrend: 0 };
}

/** One mean-reverting step; now and then a burst of some slots with longer steps and a direction. */
function stepWalk(walk: Walk, step: number, limit: number, random: Random): void {
  if (walk.burstSlots > 0) walk.burstSlots--;
  else {
    walk.burstScale = 1;
    walk.burstTrend = 0;
    if (random.next() < BURST_STARTS_PER_SLOT) {
      walk.burstSlots = 3 + random.below(12);
      walk.burstScale = 1.5 + 1.5 * random.next();
      walk.burstTrend = random.normal();
    }
  }
  const move = step * walk.burstScale * (random.normal() + walk.burstTrend);
  const next = walk.value * (1 - REVERSION_PER_SLOT) + move;
  walk.value = Math.max(-limit, Math.min(limit, next));
}
