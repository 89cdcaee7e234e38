import type { AccountBytes } from '../core/account.ts';
import {
  type Address,
  addressAt,
  addressBytes,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import { type CostModel, createStaticCosts } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import { createStillMarket } from '../market/still-market.ts';
import { LOCAL_RULES } from '../sim/chain/local-rules.ts';
import { localHalf } from '../venues/local-registry.ts';
import { VENUES } from '../venues/registry.ts';
import { encodeMint } from '../venues/token/token.ts';
import { createSearch, type Search, type SearchParams } from './search.ts';

/** Small markets of synthesized pools that stand still, for the tests of the search. */

export const CLOCK: ChainClock = { slot: 350_000_000, unixTimestamp: 1_800_000_000, epoch: 810 };

export const ALT_MINT: Address = addressAt(new Uint8Array(32).fill(41));
export const MEME_MINT: Address = addressAt(new Uint8Array(32).fill(42));
/** Indivisible, and as finely divided as any. */
export const WHOLE_MINT: Address = addressAt(new Uint8Array(32).fill(43));
export const FINE_MINT: Address = addressAt(new Uint8Array(32).fill(44));
export interface StillMint {
  /** Dollars a whole token. */
  readonly usd: number;
  readonly decimals: number;
  /** Of a Token-2022 mint: basis points, and the most in base units. */
  readonly transferFee?: { readonly feeBps: bigint; readonly maximumFee: bigint };
}

const MINTS: ReadonlyMap<Address, StillMint> = new Map<Address, StillMint>([
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
  {
    sharesVaults = false,
    accounts = new Map<Address, AccountBytes>(),
    mints = MINTS,
    rules = LOCAL_RULES,
  } = {},
): Market {
  for (const [address, mint] of mints) {
    const { decimals, transferFee } = mint;
    const rate = transferFee === undefined ? undefined : { epoch: 0, ...transferFee };
    accounts.set(
      address,
      encodeMint({
        tokenProgram: programOf(mint),
        decimals,
        supply: 10n ** 18n,
        transferFee: rate === undefined ? undefined : { older: rate, newer: rate },
      }),
    );
  }
  const pools = specs.map((spec, i) => {
    const venue = VENUES.find(({ id }) => id === spec.venue)!;
    const a = mints.get(spec.a)!;
    const b = mints.get(spec.b)!;
    const made = localHalf(venue).synthesize({
      seed: `still ${i}`,
      mintA: spec.a,
      mintB: spec.b,
      decimalsA: a.decimals,
      decimalsB: b.decimals,
      tokenProgramA: programOf(a),
      tokenProgramB: programOf(b),
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
    rules,
    pools,
    accounts: [...accounts].map(([address, account]) => ({ address, account })),
  });
}

function programOf({ transferFee }: StillMint): Address {
  return transferFee === undefined ? TOKEN_PROGRAM : TOKEN_2022_PROGRAM;
}

/** A market and its mints, on which curves are neither smooth nor concave. */
export interface RoughMarket {
  readonly market: Market;
  readonly mints: ReadonlyMap<Address, StillMint>;
}

/**
 * A market of one odd mint more than SOL and dollars, and of pools of all venues that can hold it: one whose transfer fee
 * has a maximum, whose base unit is worth cents to hundreds of dollars, or with no decimals or 18.
 */
export function createRough(seed: string, pools: number): RoughMarket {
  const random = createRandom(`rough ${seed}`);
  const odd = addressAt(new Uint8Array(32).fill(60));
  const kind = random.below(4);
  const oddMint = oddMintOf(kind, random);
  const mints = new Map<Address, StillMint>([
    [WSOL_MINT, MINTS.get(WSOL_MINT)!],
    [USDC_MINT, MINTS.get(USDC_MINT)!],
    [odd, oddMint],
  ]);
  const unitUsd = oddMint.usd / 10 ** oddMint.decimals;
  const venues = VENUES.filter(
    ({ splTokenOnly }) => oddMint.transferFee === undefined || splTokenOnly !== true,
  );
  const specs = Array.from({ length: pools }, (_, i) => {
    const other = i % 3 === 2 ? WSOL_MINT : USDC_MINT;
    const between = random.below(6) === 0 ? WSOL_MINT : odd;
    const [a, b] = [between === other ? odd : between, other].sort(compareBytes);
    const venue = venues[random.below(venues.length)]!;
    return {
      venue: venue.id,
      a: a!,
      b: b!,
      gap: Math.exp(0.04 * random.normal()),
      depthUsd: Math.max(unitUsd * 60, 10 ** (3.5 + 2.5 * random.next())),
      feeBps: [1, 4, 25, 30, 100][random.below(5)]!,
      variant: random.below(4),
    };
  });
  // It says what costs are in dollars.
  const [a, b] = [WSOL_MINT, USDC_MINT].sort(compareBytes);
  const rest = { gap: 1, depthUsd: 1e5, feeBps: 25, variant: 0 };
  return {
    market: createStill([{ venue: 'raydium-cpmm', a: a!, b: b!, ...rest }, ...specs], { mints }),
    mints,
  };
}

function oddMintOf(kind: number, random: Random): StillMint {
  // A base unit worth a cent to 300 dollars.
  const dear = 10 ** (-2 + 4.5 * random.next());
  switch (kind) {
    case 0:
    case 1: {
      const feeBps = BigInt([20, 100, 250, 500, 6_000, 10_000][random.below(6)]!);
      const usd = 10 ** (-3 + 4 * random.next());
      // The maximum is what 20 to 2,000 dollars are charged; of most of an amount or all of it, 10 cents to 10 dollars.
      const reachUsd = feeBps > 5_000n ? 10 ** (-1 + 2 * random.next()) : 10 ** (1.3 + 2 * random.next());
      const reach = (reachUsd / usd) * 1e6;
      const maximumFee = BigInt(Math.ceil((reach * Number(feeBps)) / 10_000));
      return { usd, decimals: 6, transferFee: { feeBps, maximumFee } };
    }
    case 2:
      return { usd: dear, decimals: 0 };
    default:
      return random.below(2) === 0 ? { usd: 50_000, decimals: 18 } : { usd: dear * 100, decimals: 2 };
  }
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
