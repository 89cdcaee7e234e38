import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { AccountBytes, AccountSource } from '../core/account.ts';
import { type Address, addressAt, addressBytes } from '../core/address.ts';
import {
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  type ContractPool,
  chainOf,
  contractPool,
  loadOrThrow,
  vaultAmount,
} from './contract.ts';
import { VENUES } from './registry.ts';
import { withTokenAmount } from './token/token.ts';
import type { PoolState, Quote, Venue } from './venue.ts';

/** What every venue makes of vaults that its program could not swap through, or not for that much. */

const STRANGER = addressBytes(addressAt(new Uint8Array(32).fill(44)));
const MINT_OFFSET = 0;
const OWNER_OFFSET = 32;
const STATE_OFFSET = 108;
const FROZEN = 2;

const AMOUNTS: readonly bigint[] = Array.from({ length: 38 }, (_, i) => BigInt(Math.floor(10 ** (i / 2))));

function quotesOf(venue: Venue, state: PoolState): readonly Quote[] {
  return [true, false].flatMap((aToB) =>
    AMOUNTS.map((amount) => venue.quote(state, aToB, amount, CONTRACT_CLOCK)),
  );
}

function changed(account: AccountBytes, at: number, bytes: Uint8Array): AccountBytes {
  const data = account.data.slice();
  data.set(bytes, at);
  return { ...account, data };
}

/** Vaults that no swap can go through, in words, made of a good one. */
const UNUSABLE: readonly (readonly [string, (good: AccountBytes) => AccountBytes | null])[] = [
  ['belongs to a stranger', (good) => changed(good, OWNER_OFFSET, STRANGER)],
  ['holds another mint', (good) => changed(good, MINT_OFFSET, STRANGER)],
  ['is frozen', (good) => changed(good, STATE_OFFSET, Uint8Array.of(FROZEN))],
  ['is not initialized', (good) => changed(good, STATE_OFFSET, Uint8Array.of(0))],
  ['is no token account', (good) => ({ ...good, owner: addressAt(STRANGER) })],
  ['is gone', () => null],
];

function vaultsOf({ state }: ContractPool): readonly Address[] {
  return [state.vaultA, state.vaultB];
}

describe.each(VENUES.map((venue) => [venue.id, venue] as const))('%s', (_, venue) => {
  const fresh = (): ContractPool => contractPool(venue, CONTRACT_CASES[0]!);

  test('subscribes to both vaults', () => {
    const { state } = fresh();
    for (const vault of [state.vaultA, state.vaultB]) {
      expect(state.accounts.find(({ address }) => address === vault)?.role).toBe('vault');
    }
  });

  test.each(UNUSABLE)('does not load a pool one of whose vaults %s', (_words, spoil) => {
    const pool = fresh();
    for (const vault of vaultsOf(pool)) {
      const bad = spoil(pool.accounts.get(vault)!);
      const source: AccountSource = (asked) => (asked === vault ? bad : (pool.accounts.get(asked) ?? null));
      expect(venue.load(pool.address, source)).toMatchObject({ ok: false, reason: 'vault-unusable' });
    }
  });

  test.each(UNUSABLE)(
    'quotes nothing once a vault %s, and the same as before when it is good again',
    (_words, spoil) => {
      const pool = fresh();
      const { state } = pool;
      const before = quotesOf(venue, state);
      for (const vault of vaultsOf(pool)) {
        const good = pool.accounts.get(vault)!;
        expect(venue.apply(state, vault, spoil(good))).toMatchObject({ ok: false, reason: 'vault-unusable' });
        for (const quote of quotesOf(venue, state)) expect(quote.ok).toBe(false);
        expect(venue.apply(state, vault, good)).toEqual({ ok: true, value: true });
        expect(quotesOf(venue, state)).toEqual(before);
      }
    },
  );

  test('says that nothing changed exactly when an amount leaves every quote as it was', () => {
    const pool = fresh();
    const { state } = pool;
    let before = quotesOf(venue, state);
    for (const vault of vaultsOf(pool)) {
      const held = vaultAmount(pool.accounts, vault);
      for (const amount of [held * 2n, held + 1n, held, held / 3n, held / 1_000n, 0n, held]) {
        const outcome = venue.apply(state, vault, withTokenAmount(pool.accounts.get(vault)!, amount));
        if (!outcome.ok) throw new Error(outcome.reason);
        const after = quotesOf(venue, state);
        if (!outcome.value) expect(after).toEqual(before);
        if (amount === held * 2n) expect(outcome.value).toBe(!isDeepStrictEqual(after, before));
        before = after;
      }
    }
  });

  test('pays no more than a short vault holds, and settles where it quotes', () => {
    const pool = fresh();
    const whole = pool.state;
    for (const aToB of [true, false]) {
      const vault = aToB ? whole.vaultB : whole.vaultA;
      const short = vaultAmount(pool.accounts, vault) / 7n;
      const accounts = new Map(pool.accounts);
      accounts.set(vault, withTokenAmount(accounts.get(vault)!, short));
      const state = loadOrThrow(venue, pool.address, chainOf(accounts));
      for (const amount of AMOUNTS) {
        const quote = venue.quote(state, aToB, amount, CONTRACT_CLOCK);
        expect(venue.settle(state, aToB, amount, CONTRACT_CLOCK).ok).toBe(quote.ok);
        if (quote.ok) expect(quote.amountOut).toBeLessThanOrEqual(short);
      }
    }
  });

  test('meets in a second swap the vault that the first one left', () => {
    const pool = fresh();
    const { vaultA, vaultB } = pool.state;
    if (!onlyLimits(venue, pool)) return;
    const amountIn = vaultAmount(pool.accounts, vaultA) / 40n;
    const first = venue.quote(pool.state, true, amountIn, CONTRACT_CLOCK);
    if (!first.ok) throw new Error(first.reason);
    // Enough for one such swap, not for two.
    const accounts = new Map(pool.accounts);
    accounts.set(vaultB, withTokenAmount(accounts.get(vaultB)!, first.amountOut + first.amountOut / 2n));
    const state = loadOrThrow(venue, pool.address, chainOf(accounts));
    const settled = venue.settle(state, true, amountIn, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.amountOut).toBe(first.amountOut);
    expect(venue.quote(settled.state, true, amountIn, CONTRACT_CLOCK)).toMatchObject({
      ok: false,
      reason: 'no-liquidity',
    });
    // What the first one brought is there for a swap the other way.
    expect(venue.quote(settled.state, false, first.amountOut / 2n, CONTRACT_CLOCK).ok).toBe(true);
  });
});

/** True where what stands in a vault sets no price: more of it changes nothing. */
function onlyLimits(venue: Venue, pool: ContractPool): boolean {
  const { vaultB } = pool.state;
  const state = loadOrThrow(venue, pool.address, chainOf(pool.accounts));
  quotesOf(venue, state);
  const richer = withTokenAmount(pool.accounts.get(vaultB)!, vaultAmount(pool.accounts, vaultB) * 2n);
  const outcome = venue.apply(state, vaultB, richer);
  return outcome.ok && !outcome.value;
}
