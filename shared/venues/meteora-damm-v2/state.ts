import { U64_MAX, U128_MAX } from '../../core/units.ts';
import type { MintFacts } from '../token/token.ts';
import type { HeldVaults } from '../token/vault.ts';
import type { PoolState, QuoteRefusal } from '../venue.ts';
import { FAILS, isFlat, numeratorAtPrice } from './base-fee.ts';
import { swapUnits } from './compute.ts';
import { areCountersSane, protocolRoom } from './counters.ts';
import { amountAUp, amountBUp } from './curve.ts';
import { type DynamicFee, variableFee } from './dynamic-fee.ts';
import type { PoolFigures } from './layout.ts';
import { COLLECT_BOTH, COLLECT_COMPOUNDING, MAX_SQRT_PRICE, MIN_SQRT_PRICE } from './program.ts';

/** One bit for each account whose newest bytes could not be used. */
export const UNUSABLE = { pool: 1, mintA: 2, mintB: 4, vaultA: 8, vaultB: 16 } as const;

/** A pool and all that its quotes read. Only `load`, `apply` and `settle` make or change one. */
export interface DammV2State extends PoolState, HeldVaults {
  /** The pool account's bytes as last decoded or settled. */
  poolData: Uint8Array;
  figures: PoolFigures;
  mintFactsA: MintFacts;
  mintFactsB: MintFacts;
  unusable: number;
  ready: Ready;
}

/** What `refresh` works out of the figures once for all quotes. */
export interface Ready {
  /** Why the pool pays nothing whatever comes in; undefined when it trades. */
  readonly closed: QuoteRefusal | undefined;
  readonly compounding: boolean;
  readonly reserveA: bigint;
  readonly reserveB: bigint;
  readonly liquidityPrice: bigint;
  /** Added to the base fee numerator. */
  readonly variableFee: bigint;
  /** The whole fee numerator where nothing about a swap moves it. */
  readonly flatRate: bigint | undefined;
  /** The base fee numerator at this price, where it follows the price. */
  readonly priceNumerator: bigint;
  /** The largest fee that certainly fits the protocol's counters, in A and in B. */
  readonly feeRoomA: bigint;
  readonly feeRoomB: bigint;
  /** The mints that take a transfer fee; undefined for those that take none. */
  readonly feeMintA: MintFacts | undefined;
  readonly feeMintB: MintFacts | undefined;
  readonly computeUnits: number;
}

const U32_MAX = 0xffff_ffffn;
/** Below it the number of bins between two prices could leave 128 bits; the program sets 1 bps, about 2^50.7. */
const LEAST_BIN_STEP = 1n << 40n;
/** Square-root prices of two reserves between 1 and 2^64 lie within these. */
const LEAST_PRODUCT_PRICE = 1n << 32n;
const MOST_PRODUCT_PRICE = (1n << 96n) - 1n;

/** Works out what quotes need after any part of the state changed. */
export function refresh(state: DammV2State): void {
  state.ready = readyOf(state.figures, state.poolData, state.mintFactsA, state.mintFactsB, state.unusable);
}

export function readyOf(
  figures: PoolFigures,
  poolData: Uint8Array,
  mintFactsA: MintFacts,
  mintFactsB: MintFacts,
  unusable: number,
): Ready {
  const { baseFee, dynamicFee, liquidity, sqrtPrice, maxFeeNumerator } = figures;
  const compounding = figures.collectFeeMode === COLLECT_COMPOUNDING;
  const usable = isConsistent(figures, poolData, compounding);
  const counts = figures.countsReserves || compounding || !usable;
  const reserveA = counts ? figures.storedReserveA : amountAUp(liquidity, sqrtPrice, figures.sqrtMaxPrice);
  const reserveB = counts ? figures.storedReserveB : amountBUp(liquidity, figures.sqrtMinPrice, sqrtPrice);
  const variable = dynamicFee === undefined ? 0n : variableFee(dynamicFee);
  const flat = isFlat(baseFee) ? baseFee.cliff + variable : undefined;
  const fits = reserveA <= U64_MAX && reserveB <= U64_MAX && (flat === undefined || flat <= U64_MAX);
  return {
    closed: closedBecause(figures, usable && fits, unusable, compounding),
    compounding,
    reserveA,
    reserveB,
    liquidityPrice: liquidity * sqrtPrice,
    variableFee: variable,
    flatRate: flat === undefined || flat <= maxFeeNumerator ? flat : maxFeeNumerator,
    priceNumerator:
      baseFee.kind === 'market-cap' ? numeratorAtPrice(baseFee, sqrtPrice, figures.initSqrtPrice) : FAILS,
    feeRoomA: protocolRoom(figures, true),
    feeRoomB: protocolRoom(figures, false),
    feeMintA: mintFactsA.transferFee === undefined ? undefined : mintFactsA,
    feeMintB: mintFactsB.transferFee === undefined ? undefined : mintFactsB,
    computeUnits: swapUnits(mintFactsA, mintFactsB, dynamicFee !== undefined),
  };
}

/** The program fails every swap with PoolDisabled under the status, and panics without liquidity or a price. */
function closedBecause(
  figures: PoolFigures,
  usable: boolean,
  unusable: number,
  compounding: boolean,
): QuoteRefusal | undefined {
  if (unusable !== 0) return 'missing-account';
  if (!figures.enabled) return 'pool-disabled';
  if (figures.liquidity === 0n) return 'no-liquidity';
  if (compounding && (figures.storedReserveA === 0n || figures.storedReserveB === 0n)) return 'no-liquidity';
  return usable ? undefined : 'pool-disabled';
}

/**
 * False for figures that the program never leaves in a pool: prices out of their bounds, shares above the whole,
 * counters near their end. Its checked arithmetic would fail some swaps on them; here all are refused.
 */
function isConsistent(figures: PoolFigures, poolData: Uint8Array, compounding: boolean): boolean {
  const view = new DataView(poolData.buffer, poolData.byteOffset, poolData.byteLength);
  if (figures.protocolFeePercent > 100n || figures.compoundingFeeBps > 10_000n) return false;
  if (!areCountersSane(view)) return false;
  const { sqrtMinPrice, sqrtMaxPrice, sqrtPrice, dynamicFee } = figures;
  if (compounding) {
    if (sqrtPrice < LEAST_PRODUCT_PRICE || sqrtPrice > MOST_PRODUCT_PRICE) return false;
    return isDynamicFeeSane(dynamicFee, LEAST_PRODUCT_PRICE, MOST_PRODUCT_PRICE);
  }
  if (sqrtMinPrice < MIN_SQRT_PRICE || sqrtMaxPrice > MAX_SQRT_PRICE) return false;
  if (sqrtPrice < sqrtMinPrice || sqrtPrice > sqrtMaxPrice) return false;
  return isDynamicFeeSane(dynamicFee, sqrtMinPrice, sqrtMaxPrice);
}

/** A reference price is 0 until the first swap; from then on it is one of the pool's own prices. */
function isDynamicFeeSane(fee: DynamicFee | undefined, least: bigint, most: bigint): boolean {
  if (fee === undefined) return true;
  if (fee.volatilityAccumulator > U32_MAX || fee.volatilityReference > U32_MAX) return false;
  if (fee.binStepQ64 < LEAST_BIN_STEP) return false;
  const { sqrtPriceReference } = fee;
  if (sqrtPriceReference === 0n) return true;
  const upper = sqrtPriceReference > most ? sqrtPriceReference : most;
  const lower = sqrtPriceReference < least ? sqrtPriceReference : least;
  return (upper << 64n) / lower <= U128_MAX;
}

/** The slot or the second that the pool's activation and fees are counted in. */
export function pointOf(figures: PoolFigures, clock: { slot: number; unixTimestamp: number }): number {
  return figures.byTimestamp ? clock.unixTimestamp : clock.slot;
}

/** Whether the fee is taken from what comes in (program `FeeMode`); otherwise from what goes out. */
export function isFeeOnInput(figures: PoolFigures, aToB: boolean): boolean {
  return !aToB && figures.collectFeeMode !== COLLECT_BOTH;
}
