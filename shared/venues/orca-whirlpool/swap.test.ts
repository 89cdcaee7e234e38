import { describe, expect, test } from 'vitest';
import { addressAt, MEMO_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import { CONTRACT_CASES, contractPool } from '../contract.ts';
import { arrayAddressOf, swapArrayStarts } from './accounts.ts';
import { orcaWhirlpool } from './index.ts';
import { readSwap } from './local/read-swap.ts';
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

function stateOf(name: string) {
  return contractPool(orcaWhirlpool, CONTRACT_CASES.find((pool) => pool.name === name)!).state;
}

describe('the swap instruction', () => {
  test('between SPL mints has the eleven accounts of swap, the tick arrays in the order of travel', () => {
    const state = stateOf('SOL/USDC, variant 0');
    const { accounts, data, programId } = swap(state, ARGS);
    const ticks = swapArrayStarts(state.tickIndex, state.tickSpacing, false);
    expect(programId).toBe(orcaWhirlpool.programId);
    expect(accounts.slice(0, 10).map((account) => account.address)).toEqual([
      TOKEN_PROGRAM,
      OWNER,
      state.address,
      TOKEN_A,
      state.vaultA,
      TOKEN_B,
      state.vaultB,
      ...ticks.map((start) => arrayAddressOf(state.addresses, start)),
    ]);
    expect(accounts).toHaveLength(11);
    expect(accounts.filter((account) => account.isSigner).map((account) => account.address)).toEqual([OWNER]);
    expect(accounts.map((account) => account.isWritable)).toEqual([
      ...[false, false],
      ...Array.from({ length: 8 }, () => true),
      false,
    ]);
    expect(Buffer.from(data).toString('hex')).toBe(
      `f8c69e91e17587c8141a99be1c000000ffffffffffffffff${'00'.repeat(16)}0100`,
    );
  });

  test('hands the oracle over writable when the fee is adaptive', () => {
    const state = stateOf('SOL/USDC, variant 1');
    const { accounts } = swap(state, ARGS);
    expect(accounts.at(-1)).toEqual({ address: state.addresses.oracle, isSigner: false, isWritable: true });
  });

  test('with a Token-2022 mint is swap_v2 with both token programs, mints and the memo program', () => {
    const state = stateOf('a transfer fee on B');
    const { accounts, data } = swap(state, { ...ARGS, aToB: true });
    expect(accounts).toHaveLength(15);
    const programs = [state.tokenProgramA, state.tokenProgramB, MEMO_PROGRAM];
    expect(programs).toContain(TOKEN_2022_PROGRAM);
    expect(accounts.slice(0, 3).map((account) => account.address)).toEqual(programs);
    expect(accounts.slice(5, 7).map((account) => account.address)).toEqual([state.mintA, state.mintB]);
    expect(Buffer.from(data).toString('hex').slice(0, 16)).toBe('2b04ed0b1ac91e62');
    expect([data[40], data[41], data[42], data.length]).toEqual([1, 1, 0, 43]);
  });

  test('repeats the last tick array where prices end', () => {
    const state = stateOf('SOL/USDC, variant 0');
    const { accounts } = swap({ ...state, tickIndex: 443_000 }, ARGS);
    const [first, second, third] = accounts.slice(7, 10).map((account) => account.address);
    expect(third).toBe(second);
    expect([first, second]).toEqual(
      swapArrayStarts(443_000, state.tickSpacing, false)
        .map((start) => arrayAddressOf(state.addresses, start))
        .concat(first!)
        .slice(0, 2),
    );
  });

  test('throws for an amount that is no unsigned 64-bit integer', () => {
    const state = stateOf('SOL/USDC, variant 0');
    expect(() => swap(state, { ...ARGS, amountIn: -1n })).toThrow('64-bit');
    expect(() => swap(state, { ...ARGS, minAmountOut: 1n << 64n })).toThrow('64-bit');
  });
});

describe('readSwap', () => {
  test('gives back what swap was asked for, of both instructions', () => {
    for (const { name } of CONTRACT_CASES) {
      const state = stateOf(name);
      for (const aToB of [true, false]) {
        const asked = { ...ARGS, aToB };
        expect(readSwap(swap(state, asked))).toEqual({ ...asked, pool: state.address });
      }
    }
  });

  test('knows no other instruction: foreign, cut, price-limited, exact-output or short of accounts', () => {
    const whole = swap(stateOf('SOL/USDC, variant 0'), ARGS);
    const changed = (at: number, value: number) => {
      const data = whole.data.slice();
      data[at] = value;
      return { ...whole, data };
    };
    expect(readSwap(changed(0, 1))).toBeUndefined();
    expect(readSwap(changed(24, 1))).toBeUndefined();
    expect(readSwap(changed(40, 0))).toBeUndefined();
    expect(readSwap(changed(41, 2))).toBeUndefined();
    expect(readSwap({ ...whole, data: whole.data.slice(0, 41) })).toBeUndefined();
    expect(readSwap({ ...whole, accounts: whole.accounts.slice(0, 10) })).toBeUndefined();
    expect(readSwap({ ...whole, programId: TOKEN_PROGRAM })).toBeUndefined();
  });
});
