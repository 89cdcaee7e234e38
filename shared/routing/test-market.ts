import type { AccountBytes } from '../core/account.ts';
import {
  type Address,
  addressAt,
  addressBytes,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import { type CostModel, createStaticCosts } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import { createStillMarket } from '../market/still-market.ts';
import { VENUES } from '../venues/registry.ts';
import { encodeMint } from '../venues/token.ts';
import { createSearch, type Search, type SearchParams } from './search.ts';

/** Small markets of synthesized pools that stand still, for the tests of the search. */

export const CLOCK: ChainClock = { slot: 350_000_000, unixTimestamp: 1_800_000_000, epoch: 810 };

export const ALT_MINT: Address = addressAt(new Uint8Array(32).fill(41));
export const MEME_MINT: Address = addressAt(new Uint8Array(32).fill(42));
/** Indivisible, and as finely divided as any. */
export const WHOLE_MINT: Address = addressAt(new Uint8Array(32).fill(43));
export const FINE_MINT: Address = addressAt(new Uint8Array(32).fill(44));
/** Dollars a whole token, and decimals. */
const MINTS = new Map<Address, { readonly usd: number; readonly decimals: number }>([
  [WSOL_MINT, { usd: 150, decimals: 9 }],
  [USDC_MINT, { usd: 1, decimals: 6 }],
  [ALT_MINT, { usd: 4, decimals: 8 }],
  [MEME_MINT, { usd: 0.002, decimals: 5 }],
  [WHOLE_MINT, { usd: 30, decimals: 0 }],
  [FINE_MINT, { usd: 50_000, decimals: 18 }],
]);

export interface StillPool {
  readonly venue: string;
  readonly a: Address;
  readonly b: Address;
  /** The price over that of the dollars, 1 for none. */
  readonly gap: number;
  /** Dollars on each side. */
  readonly depthUsd: number;
  readonly feeBps: number;
  readonly variant: number;
}

/**
 * With `sharesVaults` the pools of a mint stand over one vault where their venue has it so; the bytes of everything go
 * into `accounts`.
 */
export function createStill(
  specs: readonly StillPool[],
  { sharesVaults = false, accounts = new Map<Address, AccountBytes>() } = {},
): Market {
  for (const [mint, { decimals }] of MINTS)
    accounts.set(mint, encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals, supply: 10n ** 18n }));
  const pools = specs.map((spec, i) => {
    const venue = VENUES.find(({ id }) => id === spec.venue)!;
    const a = MINTS.get(spec.a)!;
    const b = MINTS.get(spec.b)!;
    const made = venue.synthesize({
      seed: `still ${i}`,
      mintA: spec.a,
      mintB: spec.b,
      decimalsA: a.decimals,
      decimalsB: b.decimals,
      price: (a.usd / b.usd) * spec.gap,
      depthA: spec.depthUsd / a.usd,
      feeBps: spec.feeBps,
      variant: spec.variant,
      ...(sharesVaults ? { chain: (address: Address) => accounts.get(address) ?? null } : {}),
    });
    for (const { address, account } of made.accounts) accounts.set(address, account);
    return { venue, address: made.address };
  });
  return createStillMarket({
    clock: CLOCK,
    pools,
    accounts: [...accounts].map(([address, account]) => ({ address, account })),
  });
}

/** Pools of every venue between the mints given, with gaps of up to some percent. */
export function randomSpecs(seed: string, pools: number, mints: readonly Address[]): readonly StillPool[] {
  const random: Random = createRandom(seed);
  return Array.from({ length: pools }, () => {
    const first = random.below(mints.length);
    const second = (first + 1 + random.below(mints.length - 1)) % mints.length;
    // Venues ask for the mints in the order of their bytes.
    const [a, b] = [mints[first]!, mints[second]!].sort((x, y) => compareBytes(x, y));
    return {
      venue: VENUES[random.below(VENUES.length)]!.id,
      a: a!,
      b: b!,
      gap: Math.exp(0.02 * random.normal()),
      depthUsd: 10 ** (3 + 3 * random.next()),
      feeBps: [1, 4, 25, 30, 100][random.below(5)]!,
      variant: random.below(4),
    };
  });
}

function compareBytes(a: Address, b: Address): number {
  return Buffer.compare(addressBytes(a), addressBytes(b));
}

export const FREE: CostModel = createStaticCosts({
  baseFeeLamports: 0n,
  priorityFeeLamports: 0n,
  tipLamports: 0n,
});

/** A search without caps and without costs, unless told otherwise. */
export function createOpenSearch(market: Market, overrides: Partial<SearchParams> = {}): Search {
  return createSearch({
    market,
    startMints: [WSOL_MINT, USDC_MINT],
    maxLegs: 3,
    maxSwaps: 3,
    costs: FREE,
    maxQuotes: Number.MAX_SAFE_INTEGER,
    maxCandidates: Number.MAX_SAFE_INTEGER,
    maxPoolShareBps: 10_000,
    ...overrides,
  });
}
