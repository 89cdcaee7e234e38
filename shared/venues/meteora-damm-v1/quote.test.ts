import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import {
  accountsAfter,
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  chainOf,
  contractPool,
  loadOrThrow,
} from '../contract.ts';
import { localHalf } from '../local-registry.ts';
import { meteoraDammV1 as venue } from './index.ts';
import { POOL_DISCRIMINATOR } from './layout.ts';
import { lockedProfitAt } from './moment.ts';
import type { DammV1State } from './state.ts';
import { SWAP_DISCRIMINATOR } from './swap.ts';

const AMOUNT = 1_000_000_000n;
const clock = CONTRACT_CLOCK;

const pool = (variant: number) => contractPool(venue, CONTRACT_CASES[variant]!);

function amountOut(state: DammV1State, aToB = true, at = clock, amount = AMOUNT): bigint | string {
  const quote = venue.quote(state, aToB, amount, at);
  return quote.ok ? quote.amountOut : quote.reason;
}

/** The pool with eight bytes of one of its accounts changed. */
function withU64(made: ReturnType<typeof pool>, address: Address, at: number, value: bigint): DammV1State {
  const before = made.accounts.get(address)!;
  const data = before.data.slice();
  new DataView(data.buffer).setBigUint64(at, value, true);
  const accounts = new Map<Address, AccountBytes>([...made.accounts, [address, { ...before, data }]]);
  return loadOrThrow(venue, made.address, chainOf(accounts));
}

test('discriminators are the hashes of their names', () => {
  const hash = (name: string) => new Uint8Array(createHash('sha256').update(name).digest().subarray(0, 8));
  expect(POOL_DISCRIMINATOR).toEqual(hash('account:Pool'));
  expect(SWAP_DISCRIMINATOR).toEqual(hash('global:swap'));
});

describe('a fee', () => {
  test('is at least one unit, and the protocol’s part of it goes beside the vault', () => {
    const { state } = pool(0);
    const settled = venue.settle(state, true, 100n, clock);
    expect(settled).toMatchObject({ ok: true, divertedIn: { account: state.sideA.protocolFee, amount: 1n } });
    const greater = venue.settle(state, true, AMOUNT, clock);
    // 25 bps, of which a fifth.
    expect(greater).toMatchObject({ divertedIn: { amount: 500_000n } });
  });

  test('of one unit that is all the protocol’s leaves nothing to deposit', () => {
    expect(amountOut(pool(0).state, true, clock, 1n)).toBe('amount-too-small');
  });

  test('is shared with a partner, whose part the pool counts', () => {
    const settled = venue.settle(pool(1).state, true, AMOUNT, clock);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.state.figures.pendingFeeA).toBe(250_000n);
  });
});

describe('locked profit', () => {
  const vault = {
    enabled: true,
    totalAmount: 0n,
    lockedProfit: 1_000_000n,
    lastReport: 100n,
    degradation: 10n ** 11n,
  };

  test('is freed by the second, rounded down, and all free when the time is over', () => {
    expect([99n, 100n, 101n, 109n, 110n, 111n].map((now) => lockedProfitAt(vault, now))).toEqual([
      undefined,
      1_000_000n,
      900_000n,
      100_000n,
      0n,
      0n,
    ]);
  });

  test('lowers what the pool holds until it is freed; a report ahead of the clock stops the pool', () => {
    const made = pool(0);
    const at = (lastReport: number) => withU64(made, made.state.sideB.vault, 1_211, BigInt(lastReport));
    const free = amountOut(made.state) as bigint;
    expect(amountOut(at(clock.unixTimestamp))).toBeLessThan(free);
    expect(amountOut(at(clock.unixTimestamp + 1))).toBe('not-open');
    const locked = at(clock.unixTimestamp);
    const later = { ...clock, unixTimestamp: clock.unixTimestamp + 30_000 };
    expect(amountOut(locked, true, later)).toBe(free);
  });
});

describe('a virtual price', () => {
  const UPDATED = 908;
  const PRICE = 900;

  test('is the pool’s for ten minutes, then the stake account’s, which the swap leaves in the pool', () => {
    const made = pool(3);
    const now = BigInt(clock.unixTimestamp);
    const held = withU64(made, made.address, UPDATED, now - 600n);
    held.figures = { ...held.figures, curve: { ...held.figures.curve!, virtualPrice: 8_000n } };
    const expired = withU64(made, made.address, UPDATED, now - 601n);
    expect(amountOut(held)).toBeLessThan(amountOut(expired) as bigint);
    const settled = venue.settle(expired, true, AMOUNT, clock);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.state.figures.curve).toMatchObject({ virtualPrice: 7_025n, cacheUpdated: now });
    const after = accountsAfter(venue, { ...made, state: expired }, true, settled).get(made.address)!;
    expect(new DataView(after.data.buffer).getBigUint64(PRICE, true)).toBe(7_025n);
  });

  test('that has run out refuses without its account, one that has not does not', () => {
    const made = pool(3);
    venue.apply(made.state, made.state.stake!, null);
    expect(amountOut(made.state)).toBe('missing-account');
    const fresh = pool(2);
    venue.apply(fresh.state, fresh.state.stake!, null);
    expect(amountOut(fresh.state)).toBeGreaterThan(0n);
  });
});

describe('a pool is closed', () => {
  test('when it is stopped, and before its activation by slot or by time', () => {
    const made = pool(0);
    const { state } = made;
    state.figures = { ...state.figures, enabled: false };
    expect(amountOut(state)).toBe('pool-disabled');
    const opensAt = (activationType: number, point: number) => {
      state.figures = { ...state.figures, enabled: true, activationType, activationPoint: BigInt(point) };
      return amountOut(state);
    };
    expect(opensAt(0, clock.slot + 1)).toBe('not-open');
    expect(opensAt(0, clock.slot)).toBeGreaterThan(0n);
    expect(opensAt(1, clock.unixTimestamp + 1)).toBe('not-open');
    expect(opensAt(1, clock.unixTimestamp)).toBeGreaterThan(0n);
    expect(opensAt(2, 0)).toBe('pool-disabled');
  });

  test('to a token whose vault takes no deposits, but not to the other', () => {
    const { state } = pool(0);
    state.sideA.figures = { ...state.sideA.figures, enabled: false };
    expect(amountOut(state)).toBe('pool-disabled');
    expect(amountOut(state, false)).toBeGreaterThan(0n);
  });

  test('to more than stands in the vault’s own account, to the unit', () => {
    const made = pool(0);
    const out = amountOut(made.state) as bigint;
    expect(amountOut(withU64(made, made.state.vaultB, 64, out))).toBe(out);
    expect(amountOut(withU64(made, made.state.vaultB, 64, out - 1n))).toBe('no-liquidity');
  });
});

test('a swap names the stake account last, and cannot be read back without its pool', () => {
  const { state, accounts } = pool(3);
  const args = {
    owner: state.mintA,
    tokenA: state.mintA,
    tokenB: state.mintB,
    amountIn: 5n,
    minAmountOut: 4n,
  };
  const instruction = venue.swap(state, { ...args, aToB: false });
  expect(instruction.accounts).toHaveLength(16);
  expect(instruction.accounts.at(-1)?.address).toBe(state.stake);
  expect(instruction.accounts[11]?.address).toBe(state.sideB.protocolFee);
  expect(localHalf(venue).readSwap(instruction)).toBeUndefined();
  expect(localHalf(venue).readSwap(instruction, chainOf(accounts))?.aToB).toBe(false);
});
