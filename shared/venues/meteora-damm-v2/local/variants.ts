/** Kinds of pool that the local node can be asked for. */
import type { BaseFee } from '../base-fee.ts';
import type { DynamicFee } from '../dynamic-fee.ts';
import { COLLECT_BOTH, COLLECT_COMPOUNDING, COLLECT_ONLY_B } from '../program.ts';

export interface PoolKind {
  readonly collectFeeMode: number;
  readonly baseFee: 'static' | 'time-linear' | 'time-exponential' | 'market-cap' | 'rate-limiter';
  readonly dynamic: boolean;
  /** A range of a quarter to four times the price instead of all prices. */
  readonly narrow: boolean;
  /** A pool from before the program counted reserves and let fees rise above half. */
  readonly oldLayout: boolean;
  readonly byTimestamp: boolean;
}

const PLAIN: PoolKind = {
  collectFeeMode: COLLECT_BOTH,
  baseFee: 'static',
  dynamic: false,
  narrow: false,
  oldLayout: false,
  byTimestamp: true,
};

export const VARIANTS: readonly PoolKind[] = [
  { ...PLAIN, byTimestamp: false },
  { ...PLAIN, collectFeeMode: COLLECT_ONLY_B, dynamic: true, narrow: true },
  { ...PLAIN, collectFeeMode: COLLECT_COMPOUNDING, dynamic: true },
  { ...PLAIN, baseFee: 'market-cap', narrow: true },
  { ...PLAIN, baseFee: 'time-linear', dynamic: true },
  { ...PLAIN, collectFeeMode: COLLECT_ONLY_B, baseFee: 'time-exponential' },
  { ...PLAIN, collectFeeMode: COLLECT_ONLY_B, baseFee: 'rate-limiter' },
  { ...PLAIN, collectFeeMode: COLLECT_ONLY_B, oldLayout: true, byTimestamp: false },
];

/** Before the built-in chain starts, and before the clock of the contract tests. */
const ACTIVATION_SECONDS = 1_700_000_000;
const ACTIVATION_SLOT = 300_000_000;
const DAY = 86_400;
const COMPOUNDING_BPS = 5_000n;

export interface PoolFees {
  readonly baseFee: BaseFee;
  readonly dynamicFee: DynamicFee | undefined;
  readonly compoundingFeeBps: bigint;
  readonly initSqrtPrice: bigint;
  readonly activationPoint: number;
  readonly byTimestamp: boolean;
}

/** Fees that stand at about `numerator` when the built-in chain starts. */
export function feesOf(
  kind: PoolKind,
  numerator: bigint,
  curve: { readonly sqrtPrice: bigint; readonly reserveB: bigint },
): PoolFees {
  return {
    baseFee: baseFeeOf(kind, numerator, curve.reserveB),
    dynamicFee: kind.dynamic ? dynamicFeeOf(numerator) : undefined,
    compoundingFeeBps: kind.collectFeeMode === COLLECT_COMPOUNDING ? COMPOUNDING_BPS : 0n,
    // A market-cap schedule has then passed 11 of its steps of 1%.
    initSqrtPrice: kind.baseFee === 'market-cap' ? (curve.sqrtPrice * 9n) / 10n : curve.sqrtPrice,
    activationPoint: kind.byTimestamp ? ACTIVATION_SECONDS : ACTIVATION_SLOT,
    byTimestamp: kind.byTimestamp,
  };
}

function baseFeeOf(kind: PoolKind, numerator: bigint, reserveB: bigint): BaseFee {
  const memo = { period: -1, numerator };
  switch (kind.baseFee) {
    case 'static':
      return {
        kind: 'time',
        cliff: numerator,
        exponential: false,
        periods: 0,
        reduction: 0n,
        frequency: 0,
        memo,
      };
    case 'time-linear': {
      const reduction = numerator / 10n;
      const cliff = numerator + 20n * reduction;
      return { kind: 'time', cliff, exponential: false, periods: 20, reduction, frequency: DAY, memo };
    }
    case 'time-exponential': {
      // Some 1,100 of its 1,440 days have passed: 0.9995 ^ 1,100 is 0.577.
      const cliff = (numerator * 1_000n) / 577n;
      return { kind: 'time', cliff, exponential: true, periods: 1_440, reduction: 5n, frequency: DAY, memo };
    }
    case 'market-cap': {
      const reduction = numerator / 40n;
      return {
        kind: 'market-cap',
        cliff: numerator + 11n * reduction,
        exponential: false,
        periods: 50,
        reduction,
        sqrtPriceStepBps: 100n,
        expiration: 0xffff_ffff,
        memo,
      };
    }
    case 'rate-limiter':
      return {
        kind: 'rate-limiter',
        cliff: numerator,
        active: true,
        incrementBps: 10,
        maxFeeBps: 5_000,
        duration: 0xffff_ffff,
        referenceAmount: reserveB / 1_000n + 1n,
      };
  }
}

/** At the most volatile a fifth of the base fee, as the program's own pools have it; some volatility is left over. */
function dynamicFeeOf(numerator: bigint): DynamicFee {
  const most = 14_460_000;
  return {
    maxVolatilityAccumulator: most,
    variableFeeControl: Number((numerator * 100_000_000_000n) / 5n / BigInt(most) ** 2n),
    binStep: 1,
    filterPeriod: 10,
    decayPeriod: 120,
    reductionFactorBps: 5_000,
    lastUpdateTimestamp: ACTIVATION_SECONDS,
    binStepQ64: 1_844_674_407_370_955n,
    sqrtPriceReference: 0n,
    volatilityAccumulator: 1_000_000n,
    volatilityReference: 500_000n,
  };
}
