import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import {
  CONTRACT_CLOCK,
  type ContractCase,
  chainOf,
  contractCases,
  loadOrThrow,
  vaultAmount,
} from './contract.ts';
import { localHalf } from './local-registry.ts';
import { VENUES } from './registry.ts';
import { sharesWrites, stateAfter } from './shared-accounts.ts';
import { withTokenAmount } from './token/token.ts';
import type { PoolState, Settled, Venue } from './venue.ts';

/** Two pools of the same mints and variant on one chain, the second made when the first was there. */
function pairOf(venue: Venue, pool: ContractCase, other: ContractCase = pool) {
  const accounts = new Map<Address, AccountBytes>([
    [pool.mintA.address, pool.mintA.account],
    [pool.mintB.address, pool.mintB.account],
  ]);
  const states = [pool, other].map((one, i) => {
    const made = localHalf(venue).synthesize({
      seed: `pair ${i}`,
      mintA: pool.mintA.address,
      mintB: pool.mintB.address,
      decimalsA: pool.mintA.decimals,
      decimalsB: pool.mintB.decimals,
      tokenProgramA: pool.mintA.account.owner,
      tokenProgramB: pool.mintB.account.owner,
      price: one.price,
      depthA: one.depthA * (i + 1),
      feeBps: one.feeBps,
      variant: one.variant,
      chain: chainOf(accounts),
    });
    for (const { address, account } of made.accounts) accounts.set(address, account);
    return made.address;
  });
  const load = (at: number, from: ReadonlyMap<Address, AccountBytes> = accounts): PoolState =>
    loadOrThrow(venue, states[at]!, chainOf(from));
  return { accounts, load };
}

/** Every account of the chain after a settled swap on `state`. */
function accountsAfter(
  venue: Venue,
  accounts: ReadonlyMap<Address, AccountBytes>,
  state: PoolState,
  aToB: boolean,
  settled: Extract<Settled<PoolState>, { ok: true }>,
): ReadonlyMap<Address, AccountBytes> {
  const after = new Map(accounts);
  for (const write of localHalf(venue).write(settled.state, chainOf(accounts)))
    after.set(write.address, write.account);
  const move = (vault: Address, by: bigint) =>
    after.set(vault, withTokenAmount(after.get(vault)!, vaultAmount(after, vault) + by));
  const [vaultIn, vaultOut] = aToB ? [state.vaultA, state.vaultB] : [state.vaultB, state.vaultA];
  move(vaultIn, settled.consumedIn - (settled.divertedIn?.amount ?? 0n));
  move(vaultOut, -settled.amountOut - (settled.withheldOut ?? 0n));
  return after;
}

const SHARING = VENUES.filter(({ carry }) => carry !== undefined);
const OWNING = VENUES.filter(({ carry }) => carry === undefined);

describe.each(OWNING.map((venue) => [venue.id, venue] as const))('%s', (_, venue) => {
  test('writes nothing in a swap that another of its pools reads', () => {
    for (const pool of contractCases(venue)) {
      const { load, accounts } = pairOf(venue, pool);
      const [first, second] = [load(0), load(1)];
      const read = new Set(second.accounts.map(({ address }) => address));
      const amountIn = vaultAmount(accounts, first.vaultA) / 1_000n;
      const settled = venue.settle(first, true, amountIn, CONTRACT_CLOCK);
      if (!settled.ok) continue;
      const writes = localHalf(venue)
        .write(settled.state, chainOf(accounts))
        .map(({ address }) => address);
      for (const address of [...writes, first.vaultA, first.vaultB]) expect(read.has(address)).toBe(false);
      expect(sharesWrites({ venue, state: first }, { venue, state: second })).toBe(false);
    }
  });
});

describe.each(SHARING.map((venue) => [venue.id, venue] as const))(
  '%s, whose pools share accounts',
  (_, venue) => {
    test('quotes a second swap on a pool as the first on another leaves it, to the unit, and so a third back', () => {
      const cases = contractCases(venue);
      fc.assert(
        fc.property(
          fc.nat({ max: cases.length - 1 }),
          fc.nat({ max: cases.length - 1 }),
          fc.boolean(),
          fc.boolean(),
          fc.integer({ min: 2, max: 100_000 }),
          (at, otherAt, aToB, thenAToB, share) => {
            const other = { ...cases[otherAt]!, mintA: cases[at]!.mintA, mintB: cases[at]!.mintB };
            const { accounts, load } = pairOf(venue, cases[at]!, other);
            const [first, second] = [load(0), load(1)];
            expect(sharesWrites({ venue, state: first }, { venue, state: second })).toBe(true);
            const amountIn = vaultAmount(accounts, aToB ? first.vaultA : first.vaultB) / BigInt(share) + 1n;
            const settled = venue.settle(first, aToB, amountIn, CONTRACT_CLOCK);
            if (!settled.ok) return;
            const after = accountsAfter(venue, accounts, first, aToB, settled);
            const left = [{ venue, state: settled.state }];
            const met = stateAfter(venue, second, left);
            const expected = load(1, after);
            const thenIn = amountIn / 3n + 1n;
            const then = venue.settle(met, thenAToB, thenIn, CONTRACT_CLOCK);
            expect(venue.quote(met, thenAToB, thenIn, CONTRACT_CLOCK)).toEqual(
              venue.quote(expected, thenAToB, thenIn, CONTRACT_CLOCK),
            );
            // Nothing was changed that is still believed.
            expect(venue.quote(second, thenAToB, thenIn, CONTRACT_CLOCK)).toEqual(
              venue.quote(load(1), thenAToB, thenIn, CONTRACT_CLOCK),
            );
            if (!then.ok) return;
            const last = accountsAfter(venue, after, expected, thenAToB, then);
            const third = stateAfter(venue, first, [...left, { venue, state: then.state }]);
            for (const back of [true, false])
              expect(venue.quote(third, back, thenIn, CONTRACT_CLOCK)).toEqual(
                venue.quote(load(0, last), back, thenIn, CONTRACT_CLOCK),
              );
          },
        ),
        { numRuns: 300 },
      );
    });

    test('would be wrong on some amounts without', () => {
      const { accounts, load } = pairOf(venue, contractCases(venue)[0]!);
      const [first, second] = [load(0), load(1)];
      let wrong = 0;
      for (let i = 1n; i <= 400n; i++) {
        const amountIn = (vaultAmount(accounts, first.vaultA) * i) / 1_000n;
        const settled = venue.settle(first, true, amountIn, CONTRACT_CLOCK);
        if (!settled.ok) continue;
        const met = stateAfter(venue, second, [{ venue, state: settled.state }]);
        const one = venue.quote(met, false, settled.amountOut, CONTRACT_CLOCK);
        const other = venue.quote(second, false, settled.amountOut, CONTRACT_CLOCK);
        if (one.ok && other.ok && one.amountOut !== other.amountOut) wrong += 1;
      }
      expect(wrong).toBeGreaterThan(0);
    });
  },
);
