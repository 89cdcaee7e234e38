import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt, findProgramAddress } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { U64_MAX } from '../../core/units.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool } from '../contract.ts';
import { encodeTokenAccount } from '../token/token.ts';
import { meteoraDammV2 } from './index.ts';
import { OFFSETS, POOL_DISCRIMINATOR } from './layout.ts';
import { readSwap } from './local/read-swap.ts';
import { DAMM_V2_PROGRAM, EVENT_AUTHORITY, INSTRUCTIONS_SYSVAR, POOL_AUTHORITY } from './program.ts';
import { SWAP_DISCRIMINATOR, SWAP2_DISCRIMINATOR, swap } from './swap.ts';

const made = (variant: number) => contractPool(meteoraDammV2, { ...CONTRACT_CASES[0]!, variant });
const patched = (account: AccountBytes, change: (view: DataView) => void): AccountBytes => {
  const data = account.data.slice();
  change(new DataView(data.buffer));
  return { ...account, data };
};

/** The pool of a variant after `change`: what 1,000,000 units of A get, or why not. */
function quoted(
  variant: number,
  change: (view: DataView) => void,
  clock: ChainClock = CONTRACT_CLOCK,
  amountIn = 1_000_000n,
  aToB = true,
): bigint | string {
  const { address, accounts } = made(variant);
  const source = chainOf(accounts);
  const pool = patched(accounts.get(address)!, change);
  const loaded = meteoraDammV2.load(address, (asked) => (asked === address ? pool : source(asked)));
  if (!loaded.ok) return loaded.reason;
  const quote = meteoraDammV2.quote(loaded.state, aToB, amountIn, clock);
  return quote.ok ? quote.amountOut : quote.reason;
}

test('the constants are the hashes and addresses that the program derives', () => {
  const hash = (name: string) => new Uint8Array(createHash('sha256').update(name).digest().subarray(0, 8));
  expect(POOL_DISCRIMINATOR).toEqual(hash('account:Pool'));
  expect(SWAP_DISCRIMINATOR).toEqual(hash('global:swap'));
  expect(SWAP2_DISCRIMINATOR).toEqual(hash('global:swap2'));
  const derived = (seed: string) =>
    findProgramAddress([new TextEncoder().encode(seed)], DAMM_V2_PROGRAM).address;
  expect(derived('pool_authority')).toBe(POOL_AUTHORITY);
  expect(derived('__event_authority')).toBe(EVENT_AUTHORITY);
});

describe('a pool', () => {
  test('does not trade while it is disabled', () => {
    expect(quoted(0, (view) => view.setUint8(OFFSETS.status, 1))).toBe('pool-disabled');
  });

  test('opens at its activation point, in slots or in seconds', () => {
    const opensAt = (point: number) => (view: DataView) =>
      view.setBigUint64(OFFSETS.activationPoint, BigInt(point), true);
    const { slot, unixTimestamp } = CONTRACT_CLOCK;
    expect(quoted(0, opensAt(slot + 1))).toBe('not-open');
    expect(quoted(0, opensAt(slot))).toBeTypeOf('bigint');
    expect(quoted(1, opensAt(unixTimestamp + 1))).toBe('not-open');
    expect(quoted(1, opensAt(unixTimestamp))).toBeTypeOf('bigint');
  });

  test.each([
    ['base fee mode', 16, 5],
    ['activation type', OFFSETS.activationType, 2],
    ['collect fee mode', OFFSETS.collectFeeMode, 3],
    ['fee version', OFFSETS.feeVersion, 2],
    ['layout version', OFFSETS.layoutVersion, 2],
  ])('of a %s that the program does not know is refused', (_, at, value) => {
    expect(quoted(0, (view) => view.setUint8(at, value))).toBe('unsupported-version');
  });

  test('without liquidity, or out of its own range, pays nothing', () => {
    const zero = (at: number) => (view: DataView) => {
      view.setBigUint64(at, 0n, true);
      view.setBigUint64(at + 8, 0n, true);
    };
    expect(quoted(0, zero(OFFSETS.liquidity))).toBe('no-liquidity');
    expect(quoted(0, zero(OFFSETS.sqrtPrice))).toBe('pool-disabled');
    expect(quoted(2, (view) => view.setBigUint64(OFFSETS.reserveB, 0n, true))).toBe('no-liquidity');
  });

  test('refuses an amount that would leave its price range, and pays 0 for what buys no unit', () => {
    const none = () => undefined;
    expect(quoted(1, none, CONTRACT_CLOCK, 9_990_000_000_000n)).toBeTypeOf('bigint');
    expect(quoted(1, none, CONTRACT_CLOCK, 10_010_000_000_000n)).toBe('no-liquidity');
    expect(quoted(1, none, CONTRACT_CLOCK, 6n)).toBe(0n);
    expect(quoted(1, none, CONTRACT_CLOCK, 1n, false)).toBe(0n);
  });

  test('fails where a protocol counter is full, but not for a fee that leaves the protocol nothing', () => {
    const full = (view: DataView) => view.setBigUint64(OFFSETS.totalProtocolFeeB, U64_MAX, true);
    expect(quoted(0, full, CONTRACT_CLOCK, 10_000n)).toBe(1_419n); // fee 4: a fifth is nothing
    expect(quoted(0, full, CONTRACT_CLOCK, 15_000n)).toBe('amount-overflow');
    expect(quoted(0, full, CONTRACT_CLOCK, 1_000_000n, false)).toBeTypeOf('bigint');
  });

  test('whose vault is frozen, gone or another mint’s does not load', () => {
    const { address, accounts, state } = made(0);
    const reason = (vault: AccountBytes | null) => {
      const source = chainOf(accounts);
      const loaded = meteoraDammV2.load(address, (asked) => (asked === state.vaultA ? vault : source(asked)));
      return loaded.ok ? 'loaded' : loaded.reason;
    };
    const vault = accounts.get(state.vaultA)!;
    expect(reason(vault)).toBe('loaded');
    expect(reason(null)).toBe('vault-unusable');
    expect(reason(patched(vault, (view) => view.setUint8(108, 2)))).toBe('vault-unusable');
    expect(reason(accounts.get(state.vaultB)!)).toBe('vault-unusable');
  });
});

test('a dynamic fee decays by the chain’s clock: soon after a move the next swap pays more than later', () => {
  const { state } = made(1);
  const first = meteoraDammV2.settle(state, true, 500_000_000_000n, CONTRACT_CLOCK);
  if (!first.ok) throw new Error(first.reason);
  const thirdAfter = (seconds: number) => {
    const clock = { ...CONTRACT_CLOCK, unixTimestamp: CONTRACT_CLOCK.unixTimestamp + seconds };
    const second = meteoraDammV2.settle(first.state, true, 1_000_000n, clock);
    if (!second.ok) throw new Error(second.reason);
    return second.state.ready.variableFee;
  };
  expect(thirdAfter(9)).toBeGreaterThan(thirdAfter(10));
  expect(thirdAfter(119)).toBeGreaterThan(0n);
  expect(thirdAfter(120)).toBe(0n);
});

describe('the swap instruction', () => {
  const [owner, tokenA, tokenB] = [30, 31, 32].map((byte) => addressAt(new Uint8Array(32).fill(byte))) as [
    Address,
    Address,
    Address,
  ];
  const args = { owner, tokenA, tokenB, amountIn: 5n, minAmountOut: 4n };

  test('names the program’s fourteen accounts in its order', () => {
    const { state } = made(0);
    const accounts = (aToB: boolean) =>
      swap(state, { ...args, aToB }).accounts.map(
        ({ address, isSigner, isWritable }) => `${address}${isSigner ? ' s' : ''}${isWritable ? ' w' : ''}`,
      );
    const expected = (input: Address, output: Address) => [
      POOL_AUTHORITY,
      `${state.address} w`,
      `${input} w`,
      `${output} w`,
      `${state.vaultA} w`,
      `${state.vaultB} w`,
      state.mintA,
      state.mintB,
      `${owner} s`,
      state.tokenProgramA,
      state.tokenProgramB,
      DAMM_V2_PROGRAM,
      EVENT_AUTHORITY,
      DAMM_V2_PROGRAM,
    ];
    expect(accounts(true)).toEqual(expected(tokenA, tokenB));
    expect(accounts(false)).toEqual(expected(tokenB, tokenA));
  });

  test('hands a rate limiter the instructions of its transaction', () => {
    const { accounts } = swap(made(6).state, { ...args, aToB: false });
    expect(accounts.at(-1)).toEqual({ address: INSTRUCTIONS_SYSVAR, isSigner: false, isWritable: false });
    expect(accounts).toHaveLength(15);
  });

  test('is read in the program’s own direction where the input account is known', () => {
    const { state } = made(0);
    const bought = swap(state, { ...args, aToB: false });
    const tokens = { owner, amount: 5n, tokenProgram: state.tokenProgramA };
    const holding = (mint: Address) => () => encodeTokenAccount({ ...tokens, mint });
    expect(readSwap(bought)?.aToB).toBe(false);
    expect(readSwap(bought, holding(state.mintB))?.aToB).toBe(false);
    expect(readSwap(bought, holding(state.mintA))).toMatchObject({
      aToB: true,
      tokenA: tokenB,
      tokenB: tokenA,
    });
  });

  test('is not read with a referral or as a partial fill', () => {
    const bought = swap(made(0).state, { ...args, aToB: false });
    const data = bought.data.slice();
    data[24] = 1;
    expect(readSwap({ ...bought, data })).toBeUndefined();
    const accounts = bought.accounts.map((entry, i) => (i === 11 ? { ...entry, address: tokenA } : entry));
    expect(readSwap({ ...bought, accounts })).toBeUndefined();
  });
});
