import { describe, expect, test } from 'vitest';
import type { ChainClock } from '../core/clock.ts';
import { createRandom } from '../core/random.ts';
import { contractCases, contractPool } from './contract.ts';
import { createHolds } from './holds.ts';
import { VENUES } from './registry.ts';
import { windUp } from './test-clockwork.ts';
import { wander } from './test-wander.ts';
import type { PoolState, Venue } from './venue.ts';

const RUNS = 12;
const MOMENTS = 12;
const AMOUNTS = [1_000n, 1_000_003n, 70_000_000_000n];

function toldBy(venue: Venue, state: PoolState, clock: ChainClock) {
  const bestPrice = venue.bestPrice ?? venue.marginalPrice;
  return [true, false].map((aToB) => [
    venue.marginalPrice(state, aToB, clock),
    bestPrice(state, aToB, clock),
    ...AMOUNTS.map((amount) => venue.quote(state, aToB, amount, clock)),
  ]);
}

describe.each(VENUES.map((venue) => [venue.id, venue] as const))('%s', (_, venue) => {
  test('quotes the same at every later clock until the moment it tells', () => {
    const random = createRandom(`holds/${venue.id}`);
    let moved = 0;
    for (let run = 0; run < RUNS; run++) {
      for (const pool of contractCases(venue)) {
        const { state, clock } = wander(venue, contractPool(venue, pool), random);
        if (run % 2 === 1) windUp(venue.id, state, clock, random);
        const holds = createHolds();
        venue.holdsUntil(state, clock, holds);
        expect(holds.slot).toBeGreaterThan(clock.slot);
        expect(holds.unixTimestamp).toBeGreaterThan(clock.unixTimestamp);
        expect(holds.epoch).toBeGreaterThan(clock.epoch);
        const before = toldBy(venue, state, clock);
        for (let moment = 0; moment < MOMENTS; moment++) {
          // From the next moment to far beyond what anything waits for, and to the last one before the told one.
          const last = moment === 0 ? 1 : random.next();
          const later = (now: number, until: number): number => {
            const most = Math.min(until - 1, now + Math.ceil(10 ** (9 * random.next())));
            return Math.floor(now + (most - now) * last);
          };
          const at = {
            slot: later(clock.slot, holds.slot),
            unixTimestamp: later(clock.unixTimestamp, holds.unixTimestamp),
            epoch: later(clock.epoch, holds.epoch),
          };
          expect(toldBy(venue, state, at), `${pool.name} at ${JSON.stringify(at)}`).toEqual(before);
        }
        const most = (until: number, now: number): number =>
          until === Number.POSITIVE_INFINITY ? now : until;
        const then = {
          slot: most(holds.slot, clock.slot),
          unixTimestamp: most(holds.unixTimestamp, clock.unixTimestamp),
          epoch: most(holds.epoch, clock.epoch),
        };
        if (JSON.stringify(toldBy(venue, state, then), text) !== JSON.stringify(before, text)) moved += 1;
      }
    }
    // And then they do: the moments are not told in vain.
    expect(moved).toBeGreaterThan(3);
  });
});

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
