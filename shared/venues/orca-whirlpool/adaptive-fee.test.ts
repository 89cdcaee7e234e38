import { describe, expect, test } from 'vitest';
import { sqrtPriceAtTick } from '../../math/tick.ts';
import {
  accumulatorAt,
  CLOCK_BEHIND,
  coreRange,
  isMajorSwap,
  MAX_TOTAL_FEE_RATE,
  REFERENCE_DECAYED,
  REFERENCE_FORGOTTEN,
  REFERENCE_KEPT,
  referenceAt,
  referenceMode,
  totalFeeRate,
  traversedGroup,
} from './adaptive-fee.ts';

const CONSTANTS = {
  filterPeriod: 30,
  decayPeriod: 600,
  reductionFactor: 3_000,
  controlFactor: 4_000,
  maxAccumulator: 350_000,
  tickGroupSize: 16,
  majorSwapTicks: 64,
};
const VARIABLES = {
  referenceTimestamp: 1_000,
  majorSwapTimestamp: 1_100,
  volatilityReference: 20_000,
  tickGroupReference: -2_010,
  accumulator: 50_001,
};

describe('the reference', () => {
  test('is kept, decays and is forgotten as time passes since the last major swap', () => {
    const modeAt = (now: number) => referenceMode(CONSTANTS, VARIABLES, now);
    expect(modeAt(1_099)).toBe(CLOCK_BEHIND);
    expect(modeAt(1_100)).toBe(REFERENCE_KEPT);
    expect(modeAt(1_129)).toBe(REFERENCE_KEPT);
    expect(modeAt(1_130)).toBe(REFERENCE_DECAYED);
    expect(modeAt(1_699)).toBe(REFERENCE_DECAYED);
    expect(modeAt(1_700)).toBe(REFERENCE_FORGOTTEN);
  });

  test('is forgotten after an hour however often major swaps renew it', () => {
    const busy = { ...VARIABLES, majorSwapTimestamp: 4_600 };
    expect(referenceMode(CONSTANTS, busy, 4_600)).toBe(REFERENCE_KEPT);
    expect(referenceMode(CONSTANTS, busy, 4_601)).toBe(REFERENCE_FORGOTTEN);
  });

  test('starts from the stored, the reduced or no volatility', () => {
    const at = (mode: number) => referenceAt(CONSTANTS, VARIABLES, mode, 7);
    expect(at(REFERENCE_KEPT)).toEqual({ volatility: 20_000, tickGroup: -2_010 });
    expect(at(REFERENCE_DECAYED)).toEqual({ volatility: 15_000, tickGroup: 7 });
    expect(at(REFERENCE_FORGOTTEN)).toEqual({ volatility: 0, tickGroup: 7 });
  });
});

describe('the fee', () => {
  test('grows with the square of the groups crossed, rounded up, to the accumulator maximum', () => {
    const reference = { volatility: 0, tickGroup: 0 };
    const feeAt = (group: number) =>
      totalFeeRate(CONSTANTS, 2_000, accumulatorAt(CONSTANTS, reference, group));
    expect(feeAt(0)).toBe(2_000);
    // 4,000 * (10,000 * 16)^2 / (100,000 * 10,000^2) = 10.24
    expect(feeAt(1)).toBe(2_011);
    expect(feeAt(-10)).toBe(2_000 + 1_024);
    expect(feeAt(35)).toBe(2_000 + 12_544);
    expect(feeAt(36)).toBe(feeAt(35));
  });

  test('is never above a tenth', () => {
    expect(totalFeeRate({ ...CONSTANTS, controlFactor: 99_999 }, 60_000, 350_000)).toBe(MAX_TOTAL_FEE_RATE);
  });
});

describe('the core range', () => {
  test('reaches as many groups as fill the accumulator, up to and including their far edges', () => {
    const range = coreRange(CONSTANTS, { volatility: 20_000, tickGroup: 100 });
    expect(range.lower).toEqual({ tickGroup: 67, sqrtPrice: sqrtPriceAtTick(67 * 16) });
    expect(range.upper).toEqual({ tickGroup: 133, sqrtPrice: sqrtPriceAtTick(134 * 16) });
  });

  test('is open on a side where prices end first', () => {
    expect(coreRange(CONSTANTS, { volatility: 0, tickGroup: 27_720 }).upper).toBeUndefined();
    expect(coreRange(CONSTANTS, { volatility: 0, tickGroup: -27_720 }).lower).toBeUndefined();
  });
});

describe('the group that a step came to', () => {
  test('is the one below when a rising price stands on a bound', () => {
    const price = sqrtPriceAtTick(160);
    expect(traversedGroup(16, true, price, price, 160)).toBe(10);
    expect(traversedGroup(16, false, price, price, 160)).toBe(9);
    expect(traversedGroup(16, false, price, 0n, 999)).toBe(9);
    expect(traversedGroup(16, false, price + 1n, 0n, 999)).toBe(10);
    expect(traversedGroup(16, true, sqrtPriceAtTick(-1), 0n, 999)).toBe(-1);
  });
});

describe('a major swap', () => {
  test('moves the price by the threshold, either way', () => {
    const low = sqrtPriceAtTick(1_000);
    const high = sqrtPriceAtTick(1_065);
    expect(isMajorSwap(CONSTANTS, low, high)).toBe(true);
    expect(isMajorSwap(CONSTANTS, high, low)).toBe(true);
    expect(isMajorSwap(CONSTANTS, low, sqrtPriceAtTick(1_063))).toBe(false);
  });
});
