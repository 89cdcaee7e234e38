import { createHash } from 'node:crypto';
import type { AccountWrite } from '../../core/account.ts';
import { type Address, TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { localHalf } from '../../venues/local-registry.ts';
import { VENUES } from '../../venues/registry.ts';
import type { Venue } from '../../venues/venue.ts';
import { type GeneratedMint, generatedMintAccount, generateMints, HUBS } from './generated-mints.ts';
import { generatePairs } from './generated-pairs.ts';
import type { MarketPool, SimMarket } from './sim-market.ts';
import { createWeightedChoice } from './weighted-choice.ts';

/** How large a market to make, and which one of its size. */
export interface GeneratedMarketParams {
  readonly pools: number;
  readonly mints: number;
  readonly seed: string | number;
  /** Share of the pools that stand outside their own fee band, so that somebody could take something. Default 0.02. */
  readonly gaps?: number;
}

/** How a venue's pools are spread over a market. */
interface VenueShape {
  /** How many of a hundred pools between hubs, and of those with a tail mint. */
  readonly hubWeight: number;
  readonly tailWeight: number;
  readonly feesBps: readonly number[];
  readonly variants: number;
}

const SHAPES: Readonly<Record<string, VenueShape>> = {
  'meteora-damm-v1': { hubWeight: 5, tailWeight: 4, feesBps: [25, 25, 100], variants: 2 },
  'meteora-damm-v2': { hubWeight: 7, tailWeight: 17, feesBps: [10, 25, 25, 100, 200], variants: 8 },
  'meteora-dlmm': { hubWeight: 22, tailWeight: 12, feesBps: [2, 4, 10, 20, 25, 50, 100], variants: 4 },
  'orca-whirlpool': { hubWeight: 24, tailWeight: 10, feesBps: [1, 2, 4, 5, 16, 30, 65, 100], variants: 4 },
  'phoenix-v1': { hubWeight: 6, tailWeight: 0, feesBps: [1, 2, 4, 5], variants: 4 },
  'raydium-amm-v4': { hubWeight: 9, tailWeight: 28, feesBps: [25], variants: 4 },
  'raydium-clmm': { hubWeight: 20, tailWeight: 9, feesBps: [1, 4, 5, 25, 100], variants: 4 },
  'raydium-cpmm': { hubWeight: 10, tailWeight: 20, feesBps: [25, 25, 25, 100, 200], variants: 4 },
};

const START = { slot: 441_900_000, unixTimestamp: 1_790_000_000, epoch: 1022 };
const DEFAULT_GAPS = 0.02;
/** Prices differ from the fair one by up to this share of a pool's fee. */
const SPREAD = 0.6;
/** Base units that a side holds at most: far from 64 bits, also after many swaps. */
const MOST_UNITS = 2e16;
/** One order book weighs as much as a hundred constant products. */
const POOLS_PER_BOOK = 150;
const STABLE_VARIANTS = [2, 3];

/**
 * A market in the shape of the chain, for benchmarks and tests: hubs with dozens of parallel pools of all venues and
 * fees, a long tail, log-normal depths, and prices that agree with one fair price a mint up to the pools' fees, but for
 * the `gaps`. The same parameters give the same bytes. Throws `market-spec-invalid` for sizes that make no market.
 */
export function createGeneratedMarket(params: GeneratedMarketParams): SimMarket {
  const { pools: count, mints: mintCount, seed } = params;
  check(params);
  const random = createRandom(seed).fork('generated market');
  const mints = generateMints(mintCount, random.fork('mints'));
  const pairs = generatePairs(count, mintCount, random.fork('pairs'));
  const pools: MarketPool[] = [];
  const accounts = new Map<Address, AccountWrite>();
  for (const mint of mints) accounts.set(mint.address, generatedMintAccount(mint));
  // A market with room for it gets one pool of each venue first, so that none is absent.
  const owed = count >= 2 * VENUES.length ? [...VENUES] : [];
  let books = 0;
  for (const [index, [first, second]] of pairs.entries()) {
    const own = random.fork(`pool ${index}`);
    const [base, quote] = inQuoteOrder(mints[first]!, mints[second]!);
    const hubs = HUBS.some(({ address }) => address === base.address);
    const mayBook = books < Math.max(1, count / POOLS_PER_BOOK);
    const turn = owed.findIndex((venue) => takes(venue, base, quote, hubs && mayBook));
    const [due] = turn < 0 ? [] : owed.splice(turn, 1);
    const venue = due ?? pickVenue(base, quote, hubs, mayBook, own);
    if (venue.book !== undefined) books += 1;
    const made = localHalf(venue).synthesize(
      specOf({ name: `${seed}/${index}`, venue, base, quote, hubs, gaps: params.gaps ?? DEFAULT_GAPS }, own),
    );
    pools.push({ venue: venue.id, address: made.address });
    for (const write of made.accounts) accounts.set(write.address, write);
  }
  return {
    clock: START,
    pools,
    skipped: [],
    mints,
    accounts: [...accounts.values()],
    fairPrice: 'reference',
  };
}

function check({ pools, mints, gaps = DEFAULT_GAPS }: GeneratedMarketParams): void {
  const whole = Number.isSafeInteger(pools) && Number.isSafeInteger(mints);
  if (whole && mints >= 2 && pools >= mints && gaps >= 0 && gaps <= 1) return;
  const message = `a market of ${pools} pools over ${mints} mints with ${gaps} gaps cannot be made: it takes 2 or more mints, at least as many pools, and a share of gaps from 0 to 1`;
  throw new ArbError('market-spec-invalid', message, { pools, mints, gaps });
}

/** Dollars quote SOL, and hubs quote the tail. */
function inQuoteOrder(first: GeneratedMint, second: GeneratedMint): readonly [GeneratedMint, GeneratedMint] {
  const rank = ({ address, character }: GeneratedMint): number =>
    address === USDC_MINT ? 3 : character === 'stable' ? 2 : address === WSOL_MINT ? 1 : 0;
  return rank(first) <= rank(second) ? [first, second] : [second, first];
}

function takes(venue: Venue, base: GeneratedMint, quote: GeneratedMint, mayBook: boolean): boolean {
  if (venue.book !== undefined && !mayBook) return false;
  return venue.splTokenOnly !== true || [base, quote].every((mint) => mint.tokenProgram === TOKEN_PROGRAM);
}

function pickVenue(
  base: GeneratedMint,
  quote: GeneratedMint,
  hubs: boolean,
  mayBook: boolean,
  random: Random,
): Venue {
  const weights = VENUES.map((venue) => {
    const shape = SHAPES[venue.id];
    if (shape === undefined || !takes(venue, base, quote, mayBook)) return 0;
    return hubs ? shape.hubWeight : shape.tailWeight;
  });
  return VENUES[createWeightedChoice(weights)(random)]!;
}

interface Wanted {
  readonly name: string;
  readonly venue: Venue;
  readonly base: GeneratedMint;
  readonly quote: GeneratedMint;
  readonly hubs: boolean;
  readonly gaps: number;
}

function specOf({ name, venue, base, quote, hubs, gaps }: Wanted, random: Random) {
  const shape = SHAPES[venue.id]!;
  const pegged = base.character === quote.character || base.character === 'staked-sol';
  const fee = shape.feesBps[random.below(shape.feesBps.length)]!;
  // Pools of two dollars, or of SOL and staked SOL, are cheap, or nobody would use them.
  const feeBps = pegged && venue.id !== 'raydium-amm-v4' ? Math.min(fee, 1 + random.below(10)) : fee;
  const stable = venue.id === 'meteora-damm-v1' && pegged;
  const variant = stable ? STABLE_VARIANTS[random.below(2)]! : random.below(shape.variants);
  const medianUsd = hubs ? 250_000 : pegged ? 120_000 : 15_000;
  const depthUsd = Math.min(2e7, Math.max(300, medianUsd * Math.exp(1.4 * random.normal())));
  const fees = (feeBps + base.transferFeeBps + quote.transferFeeBps) / 10_000;
  const side = 2 * random.next() - 1;
  const off = random.next() < gaps ? Math.sign(side) * fees * (1 + 2 * Math.abs(side)) + side * 0.004 : 0;
  const price = (base.referencePriceUsd / quote.referencePriceUsd) * Math.exp(side * SPREAD * fees + off);
  return {
    seed: seedText(name),
    mintA: base.address,
    mintB: quote.address,
    decimalsA: base.decimals,
    decimalsB: quote.decimals,
    tokenProgramA: base.tokenProgram,
    tokenProgramB: quote.tokenProgram,
    price,
    depthA: Math.min(wholeWithin(base, depthUsd), wholeWithin(quote, depthUsd) / price),
    feeBps,
    variant,
  };
}

/** Whole tokens worth `usd`, fewer where their base units would not fit. */
function wholeWithin({ referencePriceUsd, decimals }: GeneratedMint, usd: number): number {
  return Math.min(usd / referencePriceUsd, MOST_UNITS / 10 ** decimals);
}

/** Program addresses take seeds of at most 32 bytes. */
function seedText(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
