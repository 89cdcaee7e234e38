import { expect, test } from 'vitest';
import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { type Holds, holdForEver } from '../venues/holds.ts';
import { VENUES } from '../venues/registry.ts';
import type { PoolState, Venue } from '../venues/venue.ts';
import { createDuePools } from './due-pools.ts';
import { createPoolEntry, type PoolEntry } from './pool-entry.ts';

const at = (slot: number): ChainClock => ({ slot, unixTimestamp: slot, epoch: 0 });

/** A live pool whose quotes change at every slot that `period` divides, and how often that was asked. */
function poolOf(index: number, period: number): { entry: PoolEntry; asked: () => number } {
  let asked = 0;
  const venue: Venue = {
    ...VENUES[0]!,
    holdsUntil(_state, clock, holds: Holds) {
      asked += 1;
      holdForEver(holds);
      if (period > 0) holds.slot = (Math.floor(clock.slot / period) + 1) * period;
    },
  };
  const entry = createPoolEntry(index, venue, `pool ${index}` as Address);
  entry.status = 'live';
  entry.coherent = true;
  entry.state = {} as PoolState;
  return { entry, asked: () => asked };
}

test('finds each pool at the first clock that has come to its moment, again and again', () => {
  const duePools = createDuePools();
  const [three, seven, never] = [poolOf(0, 3), poolOf(1, 7), poolOf(2, 0)];
  for (const { entry } of [three, seven, never]) duePools.changed(entry);
  const found: string[] = [];
  for (let slot = 1; slot <= 14; slot++) {
    const due: PoolEntry[] = [];
    duePools.advance(at(slot - 1), at(slot), due);
    for (const entry of due) {
      found.push(`${slot}: ${entry.address}`);
      duePools.changed(entry);
    }
  }
  expect(found).toEqual(['3: pool 0', '6: pool 0', '7: pool 1', '9: pool 0', '12: pool 0', '14: pool 1']);
  // A change costs one question, at the next clock; a pool that nothing moves is not asked again.
  expect(never.asked()).toBe(1);
});

test('misses nothing that came between the clock of the change and the next one', () => {
  const duePools = createDuePools();
  const { entry } = poolOf(0, 5);
  duePools.changed(entry);
  const due: PoolEntry[] = [];
  duePools.advance(at(4), at(400), due);
  expect(due).toEqual([entry]);
});

test('spreads very many pools over the clocks to come, each in its turn', () => {
  const duePools = createDuePools();
  const pools = Array.from({ length: 1_000 }, (_, index) => poolOf(index, 1).entry);
  for (const entry of pools) duePools.changed(entry);
  const seen = new Set<PoolEntry>();
  for (let slot = 1; slot <= 4; slot++) {
    const due: PoolEntry[] = [];
    duePools.advance(at(slot - 1), at(slot), due);
    expect(due.length).toBeLessThanOrEqual(256);
    for (const entry of due) seen.add(entry);
  }
  expect(seen.size).toBe(1_000);
});
