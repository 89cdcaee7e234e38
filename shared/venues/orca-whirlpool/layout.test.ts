import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { addressAt, addressBytes, SYSTEM_PROGRAM } from '../../core/address.ts';
import { sqrtPriceAtTick } from '../../math/tick.ts';
import {
  checkPoolAccount,
  decodePoolFacts,
  decodePoolNumbers,
  POOL_BYTES,
  type PoolNumbers,
  WHIRLPOOL_PROGRAM,
} from './layout.ts';
import { encodeOracle, encodePool, encodePoolNumbers } from './local/encode.ts';
import { encodeDynamicTickArray, encodeFixedTickArray } from './local/encode-arrays.ts';
import { decodeOracle, ORACLE_BYTES } from './oracle.ts';
import { crossTick, decodeTickArray, FIXED_BYTES, isAbsent, type TickArray } from './tick-array.ts';

const key = (fill: number) => addressAt(new Uint8Array(32).fill(fill));
const POOL_KEY = new Uint8Array(32).fill(9);
const FACTS = {
  tickSpacing: 64,
  feeTierIndex: 1_088,
  mintA: key(1),
  mintB: key(2),
  vaultA: key(3),
  vaultB: key(4),
};
const NUMBERS: PoolNumbers = {
  feeRate: 3_000,
  protocolFeeRate: 1_300,
  liquidity: (1n << 90n) + 7n,
  sqrtPrice: sqrtPriceAtTick(-32_101) + 5n,
  tickIndex: -32_101,
  protocolFeeA: (1n << 63n) + 1n,
  protocolFeeB: 2n,
  feeGrowthA: (1n << 127n) + 3n,
  feeGrowthB: 4n,
  rewardTimestamp: 1_700_000_000,
  rewards: [],
};

function owned(data: Uint8Array): AccountBytes {
  return { owner: WHIRLPOOL_PROGRAM, lamports: 1n, data };
}

describe('a pool account', () => {
  const data = encodePool(FACTS, key(5), 254, NUMBERS);

  test('reads back as it was written, in 653 bytes with the mints where scans look for them', () => {
    expect(data.length).toBe(POOL_BYTES);
    expect(decodePoolFacts(data)).toEqual(FACTS);
    const read = { ...NUMBERS, liquidity: 0n };
    expect(decodePoolNumbers(data, read).ok).toBe(true);
    expect({ ...read, rewards: [] }).toEqual(NUMBERS);
    expect(read.rewards.map((reward) => reward.initialized)).toEqual([false, false, false]);
    expect(data.subarray(101, 133)).toEqual(addressBytes(FACTS.mintA));
    expect(data.subarray(181, 213)).toEqual(addressBytes(FACTS.mintB));
  });

  test('keeps a reward and everything that no swap moves', () => {
    const rewarded = data.slice();
    rewarded.fill(7, 269, 301);
    rewarded.fill(1, 269 + 96, 269 + 128);
    const read = { ...NUMBERS };
    decodePoolNumbers(rewarded, read);
    expect(read.rewards[0]).toMatchObject({ initialized: true, growth: BigInt(`0x${'01'.repeat(16)}`) });
    const written = rewarded.slice();
    encodePoolNumbers(written, read);
    expect(written).toEqual(rewarded);
  });

  test('is refused from another program, with another discriminator, cut, grown, or with impossible numbers', () => {
    expect(checkPoolAccount(owned(data))).toBeUndefined();
    expect(checkPoolAccount(owned(Uint8Array.from([...data, 0])))).toBe('wrong-length');
    expect(checkPoolAccount({ ...owned(data), owner: SYSTEM_PROGRAM })).toBe('not-this-venue');
    expect(checkPoolAccount(owned(data.slice(0, 652)))).toBe('wrong-length');
    expect(checkPoolAccount(owned(data.slice(0, 3)))).toBe('wrong-discriminator');
    for (const bad of [
      { sqrtPrice: 5n },
      { tickIndex: 500_000 },
      { protocolFeeRate: 10_001 },
      { tickIndex: 0 },
    ]) {
      const wrong = encodePool(FACTS, key(5), 254, { ...NUMBERS, ...bad });
      expect(decodePoolNumbers(wrong, { ...NUMBERS })).toMatchObject({ reason: 'inconsistent-accounts' });
    }
  });
});

describe('a tick array', () => {
  const ticks = new Map([
    [-33_792, { net: -5n, gross: 5n }],
    [-33_664, { net: 1n << 100n, gross: 1n << 100n }],
    [-33_792 + 87 * 64, { net: -(1n << 70n), gross: 3n }],
    [0, { net: 8n, gross: 8n }],
  ]);
  const place = { poolBytes: POOL_KEY, tickSpacing: 64, start: -33_792, priceAt: sqrtPriceAtTick };
  const fixed = encodeFixedTickArray(POOL_KEY, -33_792, 64, ticks);
  const dynamic = encodeDynamicTickArray(POOL_KEY, -33_792, 64, ticks);

  function decode(data: Uint8Array, previous?: TickArray): TickArray {
    const decoded = decodeTickArray(owned(data), place, previous);
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.value;
  }

  test('reads the same ticks from both layouts', () => {
    expect([fixed.length, dynamic.length]).toEqual([FIXED_BYTES, 60 + 88 + 3 * 112]);
    const { ticks: read, nets, prices } = decode(fixed);
    expect(read).toEqual([-33_792, -33_664, -28_224]);
    expect(nets).toEqual([-5n, 1n << 100n, -(1n << 70n)]);
    expect(prices).toEqual(read.map(sqrtPriceAtTick));
    expect(decode(dynamic)).toMatchObject({ ticks: read, nets, prices });
  });

  test('is taken over from the one before when only growth changed, and read again otherwise', () => {
    for (const data of [fixed, dynamic]) {
      const before = decode(data);
      const grown = data.slice();
      crossTick(grown, before.offsets[1]!, 10n, 20n, []);
      expect(decode(grown, before)).toMatchObject({ data: grown, nets: before.nets });
      expect(decode(grown, before).nets).toBe(before.nets);
      const moved = data.slice();
      moved[before.offsets[1]! + 1] = 1;
      expect(decode(moved, before).nets).toEqual([-5n, (1n << 100n) + 1n, -(1n << 70n)]);
    }
    expect(decode(dynamic, decode(fixed)).offsets).toEqual(decode(dynamic).offsets);
  });

  test('turns over the growths of a crossed tick, and back when it is crossed again', () => {
    const { offsets } = decode(dynamic);
    const reward = { initialized: true, emissionsPerSecond: 0n, growth: 5n };
    const none = { ...reward, initialized: false };
    const crossed = dynamic.slice();
    crossTick(crossed, offsets[0]!, 10n, (1n << 128n) - 1n, [reward, none, none]);
    expect(crossed[offsets[0]! + 33]).toBe(10);
    expect(crossed[offsets[0]! + 49 + 15]).toBe(255);
    expect([crossed[offsets[0]! + 65], crossed[offsets[0]! + 81]]).toEqual([5, 0]);
    crossTick(crossed, offsets[0]!, 10n, (1n << 128n) - 1n, [reward, none, none]);
    expect(crossed).toEqual(dynamic);
  });

  test('is refused when it is cut, foreign, of another pool or in another place', () => {
    const reason = (data: Uint8Array) => {
      const decoded = decodeTickArray(owned(data), place, undefined);
      return decoded.ok ? 'ok' : decoded.reason;
    };
    expect(reason(fixed.slice(0, -1))).toBe('wrong-length');
    expect(reason(dynamic.slice(0, -1))).toBe('wrong-length');
    expect(reason(dynamic.slice(0, 70))).toBe('wrong-length');
    expect(reason(new Uint8Array(0))).toBe('wrong-discriminator');
    expect(reason(encodeFixedTickArray(new Uint8Array(32), -33_792, 64, ticks))).toBe(
      'inconsistent-accounts',
    );
    expect(reason(encodeDynamicTickArray(POOL_KEY, 0, 64, ticks))).toBe('inconsistent-accounts');
    const disagreeing = dynamic.slice();
    disagreeing[44] = 0;
    expect(reason(disagreeing)).toBe('wrong-length');
  });

  test('counts as absent when the account is gone or an empty one of the system program', () => {
    expect(isAbsent(null)).toBe(true);
    expect(isAbsent({ owner: SYSTEM_PROGRAM, lamports: 5n, data: new Uint8Array(0) })).toBe(true);
    expect(isAbsent(owned(fixed))).toBe(false);
  });
});

describe('an oracle', () => {
  const oracle = {
    tradeEnableTimestamp: 1_700_000_000,
    constants: {
      filterPeriod: 30,
      decayPeriod: 600,
      reductionFactor: 5_000,
      controlFactor: 4_000,
      maxAccumulator: 350_000,
      tickGroupSize: 64,
      majorSwapTicks: 63,
    },
    variables: {
      referenceTimestamp: 1_700_000_001,
      majorSwapTimestamp: 1_700_000_002,
      volatilityReference: 3,
      tickGroupReference: -4,
      accumulator: 5,
    },
  };

  test('reads back as it was written, in 254 bytes', () => {
    const data = encodeOracle(POOL_KEY, oracle);
    expect(data.length).toBe(ORACLE_BYTES);
    expect(decodeOracle(owned(data), POOL_KEY)).toEqual({ ok: true, value: oracle });
  });

  test('is refused when it is of another pool, cut, or could not stand on chain', () => {
    const reason = (data: Uint8Array, pool = POOL_KEY) => {
      const decoded = decodeOracle(owned(data), pool);
      return decoded.ok ? 'ok' : decoded.reason;
    };
    const data = encodeOracle(POOL_KEY, oracle);
    expect(reason(data, new Uint8Array(32))).toBe('inconsistent-accounts');
    expect(reason(data.slice(0, 253))).toBe('wrong-length');
    const groupless = { ...oracle, constants: { ...oracle.constants, tickGroupSize: 0 } };
    expect(reason(encodeOracle(POOL_KEY, groupless))).toBe('inconsistent-accounts');
    const wild = { ...oracle, variables: { ...oracle.variables, accumulator: 350_001 } };
    expect(reason(encodeOracle(POOL_KEY, wild))).toBe('inconsistent-accounts');
  });
});
