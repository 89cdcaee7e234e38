import { describe, expect, test } from 'vitest';
import { addressAt, MEMO_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, contractPool } from '../contract.ts';
import { arrayAddressOf, findPath } from './accounts.ts';
import { raydiumClmm } from './index.ts';
import { readSwap } from './local/read-swap.ts';
import { quote } from './quote.ts';
import { swap } from './swap.ts';

const [OWNER, TOKEN_A, TOKEN_B] = [11, 12, 13].map((fill) => addressAt(new Uint8Array(32).fill(fill)));
const ARGS = {
  owner: OWNER!,
  tokenA: TOKEN_A!,
  tokenB: TOKEN_B!,
  aToB: false,
  amountIn: 123_456_789_012n,
  minAmountOut: (1n << 64n) - 1n,
};

describe('the swap instruction', () => {
  const { state } = contractPool(raydiumClmm, CONTRACT_CASES[0]!);

  test('is swap_v2: what comes in before what goes out, then the tick arrays in the order of travel', () => {
    const { accounts, data } = swap(state, ARGS);
    const { starts } = findPath(state, state.tickIndex, state.tickSpacing, false);
    expect(starts).toHaveLength(3);
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
    const w = (address: string | undefined) => [address, false, true];
    const r = (address: string | undefined) => [address, false, false];
    expect(accounts.map((a) => [a.address, a.isSigner, a.isWritable])).toEqual([
      [OWNER, true, false],
      r(state.addresses.config),
      w(state.address),
      w(TOKEN_B),
      w(TOKEN_A),
      w(state.vaultB),
      w(state.vaultA),
      w(state.observation),
      r(TOKEN_PROGRAM),
      r(TOKEN_2022_PROGRAM),
      r(MEMO_PROGRAM),
      r(state.mintB),
      r(state.mintA),
      ...starts.map((start) => w(arrayAddressOf(state.addresses, start))),
    ]);
    expect(Buffer.from(data).toString('hex')).toBe(
      `2b04ed0b1ac91e62141a99be1c000000ffffffffffffffff${'00'.repeat(16)}01`,
    );
  });

  test('hands the bitmap extension over where finding the arrays takes it', () => {
    const narrow = contractPool(raydiumClmm, CONTRACT_CASES[4]!).state;
    const far = { ...narrow, bitmap: new Uint8Array(128) };
    const { accounts } = swap(far, ARGS);
    expect(accounts[13]?.address).toBe(narrow.addresses.extension);
    expect(accounts.length).toBeGreaterThan(14);
    expect(swap(narrow, ARGS).accounts.map((a) => a.address)).not.toContain(narrow.addresses.extension);
  });

  test('throws on amounts that are no u64', () => {
    for (const amount of [-1n, 1n << 64n]) {
      expect(() => swap(state, { ...ARGS, amountIn: amount })).toThrow(/unsigned 64-bit/);
      expect(() => swap(state, { ...ARGS, minAmountOut: amount })).toThrow(/unsigned 64-bit/);
    }
  });

  test('is not read back when it has a price limit or an exact output', () => {
    const instruction = swap(state, ARGS);
    const changed = (at: number, value: number) => {
      const data = instruction.data.slice();
      data[at] = value;
      return readSwap({ ...instruction, data });
    };
    expect(changed(24, 1)).toBeUndefined();
    expect(changed(39, 1)).toBeUndefined();
    expect(changed(40, 0)).toBeUndefined();
    expect(changed(8, 1)).toMatchObject({ aToB: false });
  });

  test('bounds the quote: what lies beyond its arrays is refused', () => {
    const narrow = contractPool(raydiumClmm, CONTRACT_CASES[4]!).state;
    expect(quote(narrow, false, 10n ** 18n, CONTRACT_CLOCK)).toMatchObject({
      ok: false,
      reason: 'no-liquidity',
    });
  });
});
