import { describe, expect, test } from 'vitest';
import { addressAt, TOKEN_2022_PROGRAM } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import { U64_MAX } from '../core/units.ts';
import { type ContractCase, contractCases, contractPool, vaultAmount } from './contract.ts';
import { VENUES } from './registry.ts';
import { wander } from './test-wander.ts';
import { encodeMint } from './token/token.ts';
import type { PoolState, Venue } from './venue.ts';

const BOTH = [true, false] as const;
const RUNS = 6;

/** The cases of the contract, and pools of mints whose transfer fee has a maximum that trades reach. */
function casesOf(venue: Venue, random: Random): readonly ContractCase[] {
  const plain = contractCases(venue);
  if (venue.splTokenOnly === true) return plain;
  const [first] = plain;
  const capped = (fill: number) => {
    const rate = {
      epoch: 0,
      maximumFee: BigInt(Math.floor(10 ** (2 + 8 * random.next()))),
      feeBps: BigInt([10, 100, 300, 2_000, 6_000, 10_000][random.below(6)]!),
    };
    return {
      address: addressAt(new Uint8Array(32).fill(fill)),
      decimals: 6,
      account: encodeMint({
        tokenProgram: TOKEN_2022_PROGRAM,
        decimals: 6,
        supply: U64_MAX,
        transferFee: { older: rate, newer: rate },
      }),
    };
  };
  const pool = { ...first!, price: 1.7, depthA: 10 ** (3 + 3 * random.next()), variant: random.below(4) };
  return [
    ...plain,
    { ...pool, name: 'a maximum on B', mintA: { ...first!.mintB }, mintB: capped(211) },
    { ...pool, name: 'a maximum on A', mintA: capped(5), mintB: { ...first!.mintB } },
    { ...pool, name: 'a maximum on both', mintA: capped(5), mintB: capped(211) },
  ];
}

describe.each(VENUES.map((venue) => [venue.id, venue] as const))('%s', (_, venue) => {
  test('pays no amount more a unit than its best price', () => {
    const random = createRandom(`best/${venue.id}`);
    const bestOf = (state: PoolState, aToB: boolean, clock: ChainClock) =>
      (venue.bestPrice ?? venue.marginalPrice)(state, aToB, clock);
    let paid = 0;
    for (let run = 0; run < RUNS; run++) {
      for (const pool of casesOf(venue, random)) {
        const opened = contractPool(venue, pool);
        const { state, clock } = wander(venue, opened, random);
        for (const aToB of BOTH) {
          // Where a unit is worth nothing, a fee may be one less than its share of a small amount.
          const spare = vaultAmount(opened.accounts, aToB ? state.vaultA : state.vaultB) > 10n ** 8n ? 1 : 0;
          const best = bestOf(state, aToB, clock);
          expect(best).toBeGreaterThanOrEqual(venue.marginalPrice(state, aToB, clock));
          for (let exponent = 0; exponent < 19; exponent += 0.13) {
            const amount = BigInt(Math.floor(10 ** exponent));
            const quote = venue.quote(state, aToB, amount, clock);
            if (!quote.ok || quote.consumedIn === 0n) continue;
            paid += 1;
            const most = best * (Number(quote.consumedIn) + spare) * (1 + 1e-9);
            expect(
              Number(quote.amountOut),
              `${pool.name}, ${amount} ${aToB ? 'A' : 'B'}`,
            ).toBeLessThanOrEqual(most);
          }
        }
      }
    }
    expect(paid).toBeGreaterThan(3_000);
  });
});
