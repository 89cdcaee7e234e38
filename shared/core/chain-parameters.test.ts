import { describe, expect, it } from 'vitest';
import {
  ASSUMED_CHAIN,
  CHAIN_PARAMETER_NAMES,
  rentLamports,
  slotsOf,
  tokenAccountRentLamports,
  withChainValues,
} from './chain-parameters.ts';

const ORIGIN = { source: 'main', slot: 447_120_000, atMs: 1_789_000_000_000 };

describe('the chain’s parameters', () => {
  it('are marked as assumed, each of them, until somebody has read them', () => {
    for (const name of CHAIN_PARAMETER_NAMES) expect(ASSUMED_CHAIN.origins[name].source).toBe('assumed');
    const read = withChainValues(ASSUMED_CHAIN, { slotMicros: 300_000 }, ORIGIN);
    expect(read).toMatchObject({ slotMicros: 300_000, rentLamportsPerByte: 6_960n });
    expect(read.origins.slotMicros).toEqual(ORIGIN);
    expect(read.origins.rentLamportsPerByte.source).toBe('assumed');
    expect(ASSUMED_CHAIN.slotMicros).toBe(400_000);
  });

  it('give the rent of an account by its bytes, at each step of the rent', () => {
    expect(tokenAccountRentLamports(ASSUMED_CHAIN)).toBe(2_039_280n);
    expect(tokenAccountRentLamports({ rentLamportsPerByte: 696n })).toBe(203_928n);
    expect(rentLamports({ rentLamportsPerByte: 5_080n }, 0)).toBe(650_240n);
  });

  it('turn milliseconds into slots by the slot time that holds', () => {
    const at = (slotMicros: number) => slotsOf({ slotMicros }, 400);
    expect([400_000, 350_000, 300_000, 250_000, 200_000].map(at)).toEqual([1, 1, 1, 2, 2]);
    // What jitter measures of 400 ms changes nothing.
    expect([391_234, 408_766].map(at)).toEqual([1, 1]);
  });
});
