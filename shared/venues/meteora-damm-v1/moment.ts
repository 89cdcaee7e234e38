/** @hot What a pool's quotes need of one second of the chain's clock. */
import { U64_MAX, U128_MAX } from '../../core/units.ts';
import { mulDivDown } from '../../math/mul-div.ts';
import { newton, stableInvariant } from '../../math/stable-curve.ts';
import type { QuoteRefusal } from '../venue.ts';
import type { StableCurve } from './layout.ts';
import { DEPEG } from './layout.ts';
import { DEGRADATION_DENOMINATOR, VIRTUAL_PRICE_LIFETIME, VIRTUAL_PRICE_ONE } from './program.ts';
import type { DammV1State, VaultSide } from './state.ts';
import type { DynamicVaultFigures } from './vault-layout.ts';

/** Amounts in base units. */
export interface Moment {
  readonly unixTimestamp: number;
  /** Why no swap of this second pays; undefined when the pool trades. */
  readonly closed: QuoteRefusal | undefined;
  /** What the vaults' shares are worth in all: their amounts without locked profit. */
  readonly unlockedA: bigint;
  readonly unlockedB: bigint;
  /** What the pool's shares are worth. */
  readonly reserveA: bigint;
  readonly reserveB: bigint;
  /** The curve as the swap leaves it, with the virtual price in force; undefined: constant product. */
  readonly curve: StableCurve | undefined;
  /** What each token is multiplied by before it meets the stable curve. */
  readonly scaleA: bigint;
  readonly scaleB: bigint;
  /**
   * The stable curve's invariant by direction: the program takes the input's balance first, and the order of the
   * roundings can move the result by 1. Undefined where the program fails.
   */
  readonly invariantAToB: bigint | undefined;
  readonly invariantBToA: bigint | undefined;
  /** Steps that the program takes to each. */
  readonly stepsAToB: number;
  readonly stepsBToA: number;
}

/** The moment of `unixTimestamp` (seconds), from the last call when nothing changed. */
export function momentAt(state: DammV1State, unixTimestamp: number): Moment {
  const known = state.moment;
  if (known !== undefined && known.unixTimestamp === unixTimestamp) return known;
  const moment = workOut(state, unixTimestamp);
  state.moment = moment;
  return moment;
}

/**
 * Profit not yet the shares' own. Undefined when the last report lies ahead of the clock, where the program fails.
 * Rounding: down (`calculate_locked_profit`).
 */
export function lockedProfitAt(vault: DynamicVaultFigures, now: bigint): bigint | undefined {
  if (now < vault.lastReport) return undefined;
  const freed = (now - vault.lastReport) * vault.degradation;
  if (freed > DEGRADATION_DENOMINATOR) return 0n;
  return mulDivDown(vault.lockedProfit, DEGRADATION_DENOMINATOR - freed, DEGRADATION_DENOMINATOR);
}

function workOut(state: DammV1State, unixTimestamp: number): Moment {
  const now = BigInt(unixTimestamp);
  const lockedA = lockedProfitAt(state.sideA.figures, now);
  const lockedB = lockedProfitAt(state.sideB.figures, now);
  if (lockedA === undefined || lockedB === undefined) return closed(unixTimestamp, 'not-open');
  const unlockedA = state.sideA.figures.totalAmount - lockedA;
  const unlockedB = state.sideB.figures.totalAmount - lockedB;
  if (unlockedA <= 0n || unlockedB <= 0n) return closed(unixTimestamp, 'no-liquidity');
  const reserveA = worthOf(state.sideA, unlockedA);
  const reserveB = worthOf(state.sideB, unlockedB);
  if (reserveA === 0n || reserveB === 0n) return closed(unixTimestamp, 'no-liquidity');
  if (reserveA > U64_MAX || reserveB > U64_MAX) return closed(unixTimestamp, 'amount-overflow');
  const open = { unixTimestamp, closed: undefined, unlockedA, unlockedB, reserveA, reserveB };
  const before = state.figures.curve;
  if (before === undefined) {
    return {
      ...open,
      curve: undefined,
      scaleA: 1n,
      scaleB: 1n,
      invariantAToB: undefined,
      invariantBToA: undefined,
      stepsAToB: 0,
      stepsBToA: 0,
    };
  }
  const curve = pricedAt(before, state.stakePrice, now);
  if (curve === undefined) return closed(unixTimestamp, 'missing-account');
  const isPegged = curve.depeg === DEPEG.none;
  const scaleA = curve.multiplierA * (isPegged ? 1n : VIRTUAL_PRICE_ONE);
  const scaleB = curve.multiplierB * (isPegged ? 1n : curve.virtualPrice);
  if (scaleA === 0n || scaleB === 0n) return closed(unixTimestamp, 'no-liquidity');
  const a = reserveA * scaleA;
  const b = reserveB * scaleB;
  if (a > U128_MAX || b > U128_MAX) return closed(unixTimestamp, 'amount-overflow');
  const invariantAToB = stableInvariant(curve.amplification, a, b);
  const stepsAToB = newton.steps;
  const invariantBToA = stableInvariant(curve.amplification, b, a);
  const stepsBToA = newton.steps;
  return { ...open, curve, scaleA, scaleB, invariantAToB, invariantBToA, stepsAToB, stepsBToA };
}

/** What the pool's shares of a vault are worth. Rounding: down (`get_amount_by_share`). */
function worthOf(side: VaultSide, unlocked: bigint): bigint {
  if (side.lpSupply === 0n) return 0n;
  return mulDivDown(side.poolLpAmount, unlocked, side.lpSupply);
}

/**
 * The curve with the virtual price that a swap takes: the one in the pool while it is at most 600 seconds old, then
 * the stake account's, which the swap leaves in the pool (`update_base_virtual_price`).
 */
function pricedAt(curve: StableCurve, stakePrice: bigint | undefined, now: bigint): StableCurve | undefined {
  if (curve.depeg === DEPEG.none || now <= curve.cacheUpdated + VIRTUAL_PRICE_LIFETIME) return curve;
  if (stakePrice === undefined) return undefined;
  return { ...curve, virtualPrice: stakePrice, cacheUpdated: now };
}

function closed(unixTimestamp: number, reason: QuoteRefusal): Moment {
  return {
    unixTimestamp,
    closed: reason,
    unlockedA: 0n,
    unlockedB: 0n,
    reserveA: 0n,
    reserveB: 0n,
    curve: undefined,
    scaleA: 1n,
    scaleB: 1n,
    invariantAToB: undefined,
    invariantBToA: undefined,
    stepsAToB: 0,
    stepsBToA: 0,
  };
}
