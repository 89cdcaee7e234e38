import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { CONTRACT_CLOCK, type ContractPool, chainOf, contractCases, contractPool } from './contract.ts';
import { VENUES } from './registry.ts';

/** What every venue makes of accounts that its program has given another layout: nothing, until that one is proven. */

const GROWTH = [1, 8, 64, 1_024];

function grown(account: AccountBytes, bytes: number): AccountBytes {
  const data = new Uint8Array(account.data.length + bytes);
  data.set(account.data.subarray(0, data.length));
  return { ...account, data };
}

/** The accounts that the venue's program owns and its quotes read, but those that hold as many entries as they like. */
function ownAccounts({ accounts, state }: ContractPool): readonly (readonly [Address, AccountBytes])[] {
  const owner = accounts.get(state.address)!.owner;
  return state.accounts.flatMap(({ address, role }) => {
    const account = accounts.get(address);
    const counts = account?.owner === owner && role !== 'ticks' && role !== 'book';
    return counts ? [[address, account] as const] : [];
  });
}

/** Where each program that keeps room for later versions keeps it in its pool account: its last four bytes. */
const RESERVING = ['raydium-amm-v4', 'raydium-clmm', 'raydium-cpmm'];

test.each(VENUES.filter(({ id }) => RESERVING.includes(id)).map((venue) => [venue.id, venue] as const))(
  '%s refuses a pool, and a config, whose reserved bytes a later version has begun to use',
  (_, venue) => {
    const pool = contractPool(venue, contractCases(venue)[0]!);
    for (const [address, account] of ownAccounts(pool)) {
      const data = account.data.slice();
      data[data.length - 1] = 1;
      const used = { ...account, data };
      const loaded = venue.load(pool.address, chainOf(new Map(pool.accounts).set(address, used)));
      expect(loaded).toMatchObject({ ok: false, reason: 'unsupported-version' });
      expect(venue.apply(pool.state, address, used)).toMatchObject({ reason: 'unsupported-version' });
      expect(venue.quote(pool.state, true, 1_000_000n, CONTRACT_CLOCK).ok).toBe(false);
      expect(venue.apply(pool.state, address, account).ok).toBe(true);
    }
  },
);

describe.each(VENUES.map((venue) => [venue.id, venue] as const))('%s', (_, venue) => {
  const cases = contractCases(venue);

  test('loads no pool one of whose accounts has grown or shrunk, and says that its length is why', () => {
    for (const contractCase of cases) {
      const pool = contractPool(venue, contractCase);
      for (const [address, account] of ownAccounts(pool)) {
        for (const bytes of [...GROWTH, -1]) {
          const source = chainOf(new Map(pool.accounts).set(address, grown(account, bytes)));
          expect(venue.load(pool.address, source)).toMatchObject({ ok: false, reason: 'wrong-length' });
        }
      }
    }
  });

  test('quotes nothing once one of them grows, and the same as before when it is back', () => {
    const pool = contractPool(venue, cases[0]!);
    const quoteOf = () => venue.quote(pool.state, true, 1_000_000n, CONTRACT_CLOCK);
    const before = quoteOf();
    for (const [address, account] of ownAccounts(pool)) {
      for (const bytes of GROWTH) {
        const outcome = venue.apply(pool.state, address, grown(account, bytes));
        expect(outcome).toMatchObject({ ok: false, reason: 'wrong-length' });
        expect(quoteOf().ok).toBe(false);
        expect(venue.apply(pool.state, address, account).ok).toBe(true);
        expect(quoteOf()).toEqual(before);
      }
    }
  });

  test('is found by what makes it a pool and not by its length, so that discovery leaves the word to load', () => {
    const { discriminator, mintAOffset, mintBOffset } = venue.poolAccounts;
    const pool = contractPool(venue, cases[0]!);
    const { data } = pool.accounts.get(pool.address)!;
    expect(data.subarray(0, discriminator.length)).toEqual(discriminator);
    expect(Object.keys(venue.poolAccounts).sort()).toEqual(['discriminator', 'mintAOffset', 'mintBOffset']);
    expect(Math.max(mintAOffset, mintBOffset) + 32).toBeLessThanOrEqual(data.length);
  });
});
