import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool } from '../contract.ts';
import { apply } from './apply.ts';
import { viewOf } from './bytes.ts';
import { raydiumClmm } from './index.ts';
import { load } from './load.ts';
import { quote } from './quote.ts';

const PLAIN = CONTRACT_CASES[0]!;
const NARROW = CONTRACT_CASES[4]!;

function made(pool = PLAIN) {
  return contractPool(raydiumClmm, pool);
}

/** The pool's accounts with one of them edited. */
function edited(
  accounts: ReadonlyMap<Address, AccountBytes>,
  address: Address,
  edit: (view: DataView) => void,
): ReadonlyMap<Address, AccountBytes> {
  const account = accounts.get(address)!;
  const data = account.data.slice();
  edit(viewOf(data));
  return new Map([...accounts, [address, { ...account, data }]]);
}

function quoteOf(accounts: ReadonlyMap<Address, AccountBytes>, address: Address, clock = CONTRACT_CLOCK) {
  const loaded = load(address, chainOf(accounts));
  if (!loaded.ok) return loaded;
  return quote(loaded.state, true, 1_000_000_000n, clock);
}

describe('facts that switch a pool off', () => {
  test('are the swap bit of its status, and no other', () => {
    const { accounts, address } = made();
    for (let bit = 0; bit < 8; bit++) {
      const changed = edited(accounts, address, (view) => view.setUint8(389, 1 << bit));
      expect(quoteOf(changed, address)).toMatchObject(
        bit === 4 ? { ok: false, reason: 'pool-disabled' } : { ok: true },
      );
    }
  });

  test('and its open time until the second after it', () => {
    const { accounts, address } = made();
    const now = CONTRACT_CLOCK.unixTimestamp;
    const opening = edited(accounts, address, (view) => view.setBigUint64(1_080, BigInt(now), true));
    expect(quoteOf(opening, address)).toMatchObject({ ok: false, reason: 'not-open' });
    const later = { ...CONTRACT_CLOCK, unixTimestamp: now + 1 };
    expect(quoteOf(opening, address, later)).toMatchObject({ ok: true });
  });
});

describe('numbers the program does not allow', () => {
  test.each([
    ['a fee mode it does not know', 390, 3, 'unsupported-version'],
    ['a tick that is not the price', 269, 77, 'inconsistent-accounts'],
  ])('%s', (_, at, value, reason) => {
    const { accounts, address } = made();
    const changed = edited(accounts, address, (view) => view.setUint8(at, value));
    expect(load(address, chainOf(changed))).toMatchObject({ ok: false, reason });
  });

  test('a config that takes the whole amount, or more than the fee', () => {
    const { accounts, address, state } = made();
    for (const [at, rate] of [
      [47, 1_000_000],
      [43, 960_001],
    ] as const) {
      const changed = edited(accounts, state.addresses.config, (view) => view.setUint32(at, rate, true));
      expect(load(address, chainOf(changed))).toMatchObject({ ok: false, reason: 'inconsistent-accounts' });
    }
  });
});

describe('the watched accounts', () => {
  test('follow the bitmap: an array that gets its first tick joins, unknown until told', () => {
    const { accounts, address, state } = made();
    const width = 60 * state.tickSpacing;
    const current = Math.floor(state.tickIndex / width);
    const free = [1, 2, 3, 4, 5, 6].find((i) => !state.watched.includes((current + i) * width))!;
    const bit = current + free + 512;
    const changed = edited(accounts, address, (view) =>
      view.setUint8(904 + (bit >> 3), view.getUint8(904 + (bit >> 3)) | (1 << (bit & 7))),
    );
    const before = state.accounts;
    expect(apply(state, address, changed.get(address)!).ok).toBe(true);
    expect(state.accounts).not.toBe(before);
    expect(state.watched).toContain((current + free) * width);
    expect(state.tickArrays.has((current + free) * width)).toBe(false);
  });

  test('stand still while the price moves within its array', () => {
    const { accounts, address, state } = made();
    const before = state.accounts;
    expect(apply(state, address, accounts.get(address)!).ok).toBe(true);
    expect(state.accounts).toBe(before);
  });

  test('have the bitmap extension only where the tick spacing leaves room beyond the pool', () => {
    expect(made().state.addresses.extension).toBeUndefined();
    const { state, accounts, address } = made(NARROW);
    const { extension } = state.addresses;
    expect(state.accounts.map((account) => account.address)).toContain(extension);
    const source = chainOf(accounts);
    const unknown = load(address, (asked) => (asked === extension ? undefined : source(asked)));
    if (!unknown.ok) throw new Error('the extension is not needed near the price');
    expect(quote(unknown.state, true, 1_000_000n, CONTRACT_CLOCK)).toEqual(
      quote(state, true, 1_000_000n, CONTRACT_CLOCK),
    );
  });
});

describe('bytes that were refused', () => {
  test('keep every quote back until good ones come', () => {
    const { accounts, address, state } = made();
    const good = accounts.get(address)!;
    expect(apply(state, address, { ...good, data: good.data.slice(0, 900) }).ok).toBe(false);
    expect(quote(state, true, 1_000n, CONTRACT_CLOCK)).toMatchObject({
      ok: false,
      reason: 'missing-account',
    });
    expect(apply(state, address, good).ok).toBe(true);
    expect(quote(state, true, 1_000_000n, CONTRACT_CLOCK).ok).toBe(true);
  });
});
