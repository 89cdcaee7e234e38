import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { sqrtPriceAtTick } from '../../math/tick.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool } from '../contract.ts';
import { encodeTokenAccount } from '../token/token.ts';
import { arrayAddressOf, tickArrayAddress } from './accounts.ts';
import { orcaWhirlpool } from './index.ts';
import { apply, load } from './load.ts';
import { encodePoolNumbers } from './local/encode.ts';
import { write } from './local/write.ts';
import { quote } from './quote.ts';
import { settle } from './settle.ts';

const PLAIN = CONTRACT_CASES[0]!;
const ADAPTIVE = CONTRACT_CASES[1]!;

/** The pool account moved to `tick`. */
function movedTo(account: AccountBytes, state: Parameters<typeof quote>[0], tick: number): AccountBytes {
  const data = account.data.slice();
  encodePoolNumbers(data, { ...state, tickIndex: tick, sqrtPrice: sqrtPriceAtTick(tick) });
  return { ...account, data };
}

describe('load', () => {
  test('asks for the pool first, then for all that is still unknown at once', () => {
    const { address, accounts, state } = contractPool(orcaWhirlpool, ADAPTIVE);
    expect(load(address, () => undefined)).toMatchObject({ missing: [address] });
    const alone = load(address, (asked) => (asked === address ? accounts.get(address) : undefined));
    if (alone.ok || alone.reason !== 'missing-account') throw new Error('expected missing accounts');
    const { missing } = alone as { missing: readonly Address[] };
    const others = state.accounts.map((account) => account.address).filter((other) => other !== address);
    expect([...missing].sort()).toEqual(others.sort());
  });

  test('is content with the array that holds the price', () => {
    const { address, accounts, state } = contractPool(orcaWhirlpool, PLAIN);
    const unknown = new Set<Address>();
    for (const { address: array, role } of state.accounts) if (role === 'ticks') unknown.add(array);
    unknown.delete(arrayAddressOf(state.addresses, state.base));
    const source = chainOf(accounts);
    const loaded = load(address, (asked) => (unknown.has(asked) ? undefined : source(asked)));
    if (!loaded.ok) throw new Error(loaded.reason);
    expect(quote(loaded.state, true, 1_000_000n, CONTRACT_CLOCK).ok).toBe(true);
    expect(quote(loaded.state, true, 10n ** 18n, CONTRACT_CLOCK)).toMatchObject({
      reason: 'missing-account',
    });
  });

  test('refuses a pool that is gone, foreign, or whose known vault cannot pay', () => {
    const { address, accounts, state } = contractPool(orcaWhirlpool, PLAIN);
    const withVault = (vault: AccountBytes | null) =>
      load(address, (asked) => (asked === state.vaultB ? vault : chainOf(accounts)(asked)));
    expect(load(address, () => null)).toMatchObject({ reason: 'not-this-venue' });
    expect(load(state.vaultA, chainOf(accounts))).toMatchObject({ reason: 'not-this-venue' });
    expect(withVault(null)).toMatchObject({ reason: 'vault-unusable' });
    const frozen = accounts.get(state.vaultB)!.data.slice();
    frozen[108] = 2;
    expect(withVault({ ...accounts.get(state.vaultB)!, data: frozen })).toMatchObject({
      reason: 'vault-unusable',
    });
    const other = encodeTokenAccount({
      mint: state.mintA,
      owner: address,
      amount: 0n,
      tokenProgram: state.tokenProgramA,
    });
    expect(withVault(other)).toMatchObject({ reason: 'vault-unusable' });
  });
});

describe('apply', () => {
  test('moves the watched window with the price and forgets what it no longer watches', () => {
    const { address, accounts, state } = contractPool(orcaWhirlpool, PLAIN);
    const before = state.accounts;
    const width = 88 * state.tickSpacing;
    const account = accounts.get(address)!;
    expect(apply(state, address, movedTo(account, state, state.base + 1)).ok).toBe(true);
    expect(state.accounts).toBe(before);
    const dropped = state.base - 3 * width;
    expect(state.tickArrays.has(dropped)).toBe(true);
    expect(apply(state, address, movedTo(account, state, state.base + width)).ok).toBe(true);
    expect(state.accounts).not.toBe(before);
    expect(state.tickArrays.has(dropped)).toBe(false);
    const added = state.base + 3 * width;
    expect(state.accounts.map((a) => a.address)).toContain(tickArrayAddress(address, added));
    expect(state.tickArrays.has(added)).toBe(false);
    expect(apply(state, tickArrayAddress(address, added), null).ok).toBe(true);
    expect(state.tickArrays.get(added)).toBeNull();
    expect(apply(state, tickArrayAddress(address, dropped), null).ok).toBe(true);
    expect(state.tickArrays.has(dropped)).toBe(false);
  });

  test('quotes nothing from refused bytes until good ones come', () => {
    const { address, accounts, state } = contractPool(orcaWhirlpool, PLAIN);
    const good = accounts.get(address)!;
    const whole = quote(state, true, 1_000_000n, CONTRACT_CLOCK);
    expect(apply(state, address, { ...good, data: good.data.slice(0, 100) })).toMatchObject({
      reason: 'wrong-length',
    });
    const ticks = arrayAddressOf(state.addresses, state.base);
    expect(apply(state, ticks, accounts.get(ticks)!).ok).toBe(true);
    expect(quote(state, true, 1_000_000n, CONTRACT_CLOCK).ok).toBe(false);
    expect(apply(state, address, good).ok).toBe(true);
    expect(quote(state, true, 1_000_000n, CONTRACT_CLOCK)).toEqual(whole);
  });

  test('refuses the bytes of another pool', () => {
    const { address, state } = contractPool(orcaWhirlpool, PLAIN);
    const other = contractPool(orcaWhirlpool, ADAPTIVE);
    expect(apply(state, address, other.accounts.get(other.address)!)).toMatchObject({
      reason: 'inconsistent-accounts',
    });
  });

  test('takes an array that no longer exists for 88 ticks without liquidity', () => {
    const { state } = contractPool(orcaWhirlpool, PLAIN);
    const amount = 3_000n * 10n ** 9n;
    const before = quote(state, true, amount, CONTRACT_CLOCK);
    apply(state, arrayAddressOf(state.addresses, state.base), null);
    const after = quote(state, true, amount, CONTRACT_CLOCK);
    if (!before.ok || !after.ok) throw new Error('both should pay');
    expect(after.amountOut).toBeGreaterThan(before.amountOut);
  });
});

describe('write', () => {
  test('gives pool and oracle always, and a tick array when a crossing changed it', () => {
    const { accounts, state, address } = contractPool(orcaWhirlpool, ADAPTIVE);
    const written = (amountIn: bigint) => {
      const settled = settle(state, true, amountIn, CONTRACT_CLOCK);
      if (!settled.ok) throw new Error(settled.reason);
      return write(settled.state, chainOf(accounts)).map((entry) => entry.address);
    };
    expect(written(1_000n)).toEqual([address, state.addresses.oracle]);
    expect(written(1_000n * 10n ** 9n)).toContain(arrayAddressOf(state.addresses, state.base));
    const settled = settle(state, true, 1_000n, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(() => write(settled.state, () => undefined)).toThrow('no previous bytes');
  });
});
