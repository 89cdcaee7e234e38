import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../core/account.ts';
import { type Address, addressAt } from '../core/address.ts';
import { createRandom, type Random } from '../core/random.ts';
import { U64_MAX } from '../core/units.ts';
import {
  accountsAfter,
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  chainOf,
  contractCases,
  contractPool,
  loadOrThrow,
  RULED_VENUES,
  vaultAmount,
} from './contract.ts';
import { localHalf } from './local-registry.ts';
import type { PoolState, Quote, Venue } from './venue.ts';

const BOTH = [true, false] as const;

/** Broken sets of bytes a pool, over all of its accounts. */
const BROKEN_RUNS = 100;

/** Amounts from one unit to past the pool's depth, the same share of each decade. */
function amountsFor(venue: Venue, state: PoolState, aToB: boolean): readonly bigint[] {
  const price = venue.marginalPrice(state, aToB, CONTRACT_CLOCK);
  expect(price).toBeGreaterThan(0);
  const amounts = new Set<bigint>();
  for (let exponent = 0; exponent <= 19; exponent += 0.37) amounts.add(BigInt(Math.floor(10 ** exponent)));
  return [...amounts].filter((amount) => amount <= U64_MAX);
}

function quotesOf(venue: Venue, state: PoolState): readonly Quote[] {
  return BOTH.flatMap((aToB) =>
    amountsFor(venue, state, aToB).map((amount) => venue.quote(state, aToB, amount, CONTRACT_CLOCK)),
  );
}

/** What a swap on the state would leave in the program's accounts. */
function writtenOf(venue: Venue, state: PoolState, accounts: ReadonlyMap<Address, AccountBytes>) {
  const amount = vaultAmount(accounts, state.vaultA) / 1_000n + 1n;
  const settled = venue.settle(state, true, amount, CONTRACT_CLOCK);
  if (!settled.ok) throw new Error(settled.reason);
  return localHalf(venue).write(settled.state, chainOf(accounts));
}

/** Quotes that need no working price: on broken bytes any answer will do, a throw will not. */
function quoteBlindly(venue: Venue, state: PoolState): void {
  for (const aToB of BOTH) {
    expect(venue.marginalPrice(state, aToB, CONTRACT_CLOCK)).not.toBeNaN();
    for (const amount of [1n, 1_000_003n, 10n ** 13n, U64_MAX]) {
      const quote = venue.quote(state, aToB, amount, CONTRACT_CLOCK);
      expect(venue.settle(state, aToB, amount, CONTRACT_CLOCK).ok).toBe(quote.ok);
    }
  }
}

/** `account` with some of its bytes changed, or cut short, or grown. */
function broken(account: AccountBytes, random: Random): AccountBytes {
  const { data } = account;
  if (random.below(6) === 0) return { ...account, data: data.slice(0, random.below(data.length)) };
  if (random.below(12) === 0) return { ...account, data: Uint8Array.from([...data.slice(0, 400), 1, 2]) };
  if (random.below(24) === 0) return { ...account, owner: addressAt(new Uint8Array(32).fill(5)) };
  const changed = data.slice();
  for (let flips = 1 + random.below(8); flips > 0; flips--) {
    // The first kilobyte holds most of what is read, whatever the account's length.
    const at = random.below(random.below(2) === 0 ? data.length : Math.min(1_024, data.length));
    changed[at] = random.below(2) === 0 ? random.below(256) : 255;
  }
  return { ...account, data: changed };
}

describe.each(RULED_VENUES)('%s', (_, venue) => {
  describe.each(contractCases(venue).map((pool) => [pool.name, pool] as const))('with %s', (_name, pool) => {
    test('makes the same pool of the same spec, findable by its filters', () => {
      const { address, accounts, state } = contractPool(venue, pool);
      expect(contractPool(venue, pool).accounts).toEqual(accounts);
      expect(state.address).toBe(address);
      const { data, owner } = accounts.get(address)!;
      const { discriminator, mintAOffset, mintBOffset } = venue.poolAccounts;
      expect(owner).toBe(venue.programId);
      expect(data.slice(0, discriminator.length)).toEqual(discriminator);
      expect(addressAt(data, mintAOffset)).toBe(state.mintA);
      expect(addressAt(data, mintBOffset)).toBe(state.mintB);
      expect([state.mintA, state.mintB].sort()).toEqual([pool.mintA.address, pool.mintB.address].sort());
    });

    test('opens at the price it was asked for', () => {
      const { state } = contractPool(venue, pool);
      const flipped = state.mintA !== pool.mintA.address;
      const scale = 10 ** (pool.mintB.decimals - pool.mintA.decimals);
      const price = venue.marginalPrice(state, !flipped, CONTRACT_CLOCK) / scale;
      expect(price / pool.price).toBeGreaterThan(0.93);
      expect(price / pool.price).toBeLessThanOrEqual(1.001);
    });

    test('settles to exactly what it quotes and leaves the state as it was', () => {
      const { state } = contractPool(venue, pool);
      const before = quotesOf(venue, state);
      let paid = 0;
      for (const aToB of BOTH) {
        for (const amount of amountsFor(venue, state, aToB)) {
          const quote = venue.quote(state, aToB, amount, CONTRACT_CLOCK);
          const settled = venue.settle(state, aToB, amount, CONTRACT_CLOCK);
          expect(settled).toMatchObject(quote);
          if (quote.ok) paid++;
        }
      }
      expect(paid).toBeGreaterThan(20);
      expect(quotesOf(venue, state)).toEqual(before);
    });

    test('pays no less for more, and never more than the vault holds', () => {
      const { state, accounts } = contractPool(venue, pool);
      for (const aToB of BOTH) {
        const vault = vaultAmount(accounts, aToB ? state.vaultB : state.vaultA);
        let last = 0n;
        for (const amount of amountsFor(venue, state, aToB)) {
          const quote = venue.quote(state, aToB, amount, CONTRACT_CLOCK);
          if (!quote.ok) continue;
          expect(quote.amountOut).toBeGreaterThanOrEqual(last);
          expect(quote.amountOut).toBeLessThanOrEqual(vault);
          expect(quote.consumedIn).toBeLessThanOrEqual(amount);
          last = quote.amountOut;
        }
        expect(last).toBeGreaterThan(0n);
      }
    });

    test('refuses nothing, less than nothing, and more than 64 bits', () => {
      const { state } = contractPool(venue, pool);
      for (const aToB of BOTH) {
        const reason = (amount: bigint) => {
          const quote = venue.quote(state, aToB, amount, CONTRACT_CLOCK);
          return quote.ok ? 'paid' : quote.reason;
        };
        expect(reason(0n)).toBe('zero-amount');
        expect(reason(-1n)).toBe('zero-amount');
        expect(reason(U64_MAX + 1n)).toBe('amount-overflow');
      }
    });

    test('has a marginal price that a small swap gets', () => {
      const { state, accounts } = contractPool(venue, pool);
      for (const aToB of BOTH) {
        const price = venue.marginalPrice(state, aToB, CONTRACT_CLOCK);
        const amount = vaultAmount(accounts, aToB ? state.vaultA : state.vaultB) / 100_000n;
        const quote = venue.quote(state, aToB, amount, CONTRACT_CLOCK);
        if (!quote.ok) throw new Error(quote.reason);
        // A venue of lots takes whole lots only, and leaves the rest.
        const got = Number(quote.amountOut) / Number(quote.consumedIn);
        expect(Math.abs(got / price - 1)).toBeLessThan(1e-3 + 3 / Number(quote.amountOut));
      }
    });

    test('writes settled states that read back the same, by load and by apply, swap after swap', () => {
      let current = contractPool(venue, pool);
      const applied = contractPool(venue, pool).state;
      const toldBytes = new Map<Address, Uint8Array>();
      const random = createRandom(`${venue.id}/${pool.name}`);
      for (let swap = 0; swap < 12; swap++) {
        const aToB = random.below(2) === 0;
        const vault = vaultAmount(current.accounts, aToB ? current.state.vaultA : current.state.vaultB);
        const amount = vault / BigInt(20 + random.below(2_000)) + 1n;
        const settled = venue.settle(current.state, aToB, amount, CONTRACT_CLOCK);
        if (!settled.ok) throw new Error(settled.reason);
        const accounts = accountsAfter(venue, current, aToB, settled);
        const state = loadOrThrow(venue, current.address, chainOf(accounts));
        expect(quotesOf(venue, state)).toEqual(quotesOf(venue, settled.state));
        // Accounts may join the list as others move it: apply until it stands still.
        const told = new Set<Address>();
        for (let rounds = 0; rounds < 3; rounds++) {
          for (const { address } of applied.accounts) {
            if (told.has(address)) continue;
            told.add(address);
            const account = accounts.get(address);
            // Bytes of its own, so that those of before can be spoiled: no state may still read them.
            const bytes = account && { ...account, data: account.data.slice() };
            expect(venue.apply(applied, address, bytes ?? null).ok).toBe(true);
            toldBytes.get(address)?.fill(0xa5);
            if (bytes !== undefined) toldBytes.set(address, bytes.data);
          }
        }
        expect(quotesOf(venue, applied)).toEqual(quotesOf(venue, state));
        expect(writtenOf(venue, applied, accounts)).toEqual(writtenOf(venue, state, accounts));
        current = { address: current.address, accounts, state };
      }
    });

    test('lists every account that its quotes read', () => {
      const { state, accounts, address } = contractPool(venue, pool);
      const listed = new Set(state.accounts.map((account) => account.address));
      expect(listed.size).toBe(state.accounts.length);
      const source = chainOf(accounts);
      const alone = loadOrThrow(venue, address, (asked) => (listed.has(asked) ? source(asked) : undefined));
      expect(quotesOf(venue, alone)).toEqual(quotesOf(venue, state));
      expect(state.accounts.filter((account) => account.everySwap).map((a) => a.address)).toContain(address);
    });

    test('says which account is still unasked for; without some of its ticks it quotes the same or refuses', () => {
      const { state, accounts, address } = contractPool(venue, pool);
      const source = chainOf(accounts);
      const whole = quotesOf(venue, state);
      for (const { address: absent, role } of state.accounts) {
        const loaded = venue.load(address, (asked) => (asked === absent ? undefined : source(asked)));
        if (role === 'ticks' && loaded.ok) {
          quotesOf(venue, loaded.state).forEach((quote, i) => {
            const known = whole[i]!;
            if (quote.ok && known.ok) {
              const { amountOut, consumedIn } = known;
              expect(quote).toMatchObject({ amountOut, consumedIn });
              // What is not known counts as the dearest that it may be.
              expect(quote.computeUnits).toBeGreaterThanOrEqual(known.computeUnits);
            } else if (quote.ok || quote.reason !== 'missing-account') expect(quote).toEqual(known);
          });
        } else {
          expect(loaded).toMatchObject({ ok: false, reason: 'missing-account', missing: [absent] });
        }
      }
    });

    test('does not trade without its pool, vault, config or mint, and takes nothing from a stranger', () => {
      const { state, accounts, address } = contractPool(venue, pool);
      const source = chainOf(accounts);
      for (const { address: gone, role } of state.accounts) {
        if (role === 'ticks' || role === 'oracle') continue;
        expect(venue.load(address, (asked) => (asked === gone ? null : source(asked))).ok).toBe(false);
        expect(venue.apply(contractPool(venue, pool).state, gone, null).ok).toBe(false);
      }
      const before = quotesOf(venue, state);
      venue.apply(state, addressAt(new Uint8Array(32).fill(99)), accounts.get(address)!);
      expect(quotesOf(venue, state)).toEqual(before);
    });

    test('neither throws nor loops nor turns into another pool on broken bytes', { timeout: 60_000 }, () => {
      const { accounts, address, state } = contractPool(venue, pool);
      const source = chainOf(accounts);
      const runs = Math.ceil(BROKEN_RUNS / state.accounts.length);
      const random = createRandom(`broken/${venue.id}/${pool.name}`);
      for (const account of state.accounts) {
        const good = accounts.get(account.address);
        if (good === undefined) continue;
        for (let run = 0; run < runs; run++) {
          const bad = broken(good, random);
          const loaded = venue.load(address, (asked) => (asked === account.address ? bad : source(asked)));
          if (loaded.ok) {
            expect(loaded.state.address).toBe(address);
            quoteBlindly(venue, loaded.state);
          }
          const changed = loadOrThrow(venue, address, source);
          const outcome = venue.apply(changed, account.address, bad);
          expect([changed.address, changed.mintA, changed.mintB]).toEqual([
            address,
            state.mintA,
            state.mintB,
          ]);
          if (outcome.ok) quoteBlindly(venue, changed);
          venue.apply(changed, account.address, good);
        }
      }
    });
  });

  test('reads back the swaps it builds, and nothing else', () => {
    const { accounts: chain, state } = contractPool(venue, CONTRACT_CASES[0]!);
    const source = chainOf(chain);
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => addressAt(bytes));
    const u64 = fc.bigInt(0n, U64_MAX);
    const calls = fc.record({
      owner: key,
      tokenA: key,
      tokenB: key,
      aToB: fc.boolean(),
      amountIn: u64,
      minAmountOut: u64,
    });
    fc.assert(
      fc.property(calls, (args) => {
        const instruction = venue.swap(state, args);
        expect(instruction.programId).toBe(venue.programId);
        expect(localHalf(venue).readSwap(instruction, source)).toEqual({ ...args, pool: state.address });
        const { accounts, data } = instruction;
        expect(accounts.filter(({ isSigner }) => isSigner).map(({ address }) => address)).toContain(
          args.owner,
        );
        expect(
          localHalf(venue).readSwap({ ...instruction, programId: state.address }, source),
        ).toBeUndefined();
        expect(
          localHalf(venue).readSwap({ ...instruction, accounts: accounts.slice(0, 3) }, source),
        ).toBeUndefined();
        expect(localHalf(venue).readSwap({ ...instruction, data: data.slice(0, 9) }, source)).toBeUndefined();
        const other = data.slice();
        other[0] = other[0]! ^ 255;
        expect(localHalf(venue).readSwap({ ...instruction, data: other }, source)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});
