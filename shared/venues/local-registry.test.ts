import { expect, test } from 'vitest';
import { LOCAL_VENUES, localHalf } from './local-registry.ts';
import { VENUES } from './registry.ts';
import type { Venue } from './venue.ts';

test('every venue has its local half, and a book has a local book', () => {
  expect(LOCAL_VENUES.map(({ venue }) => venue.id)).toEqual(VENUES.map(({ id }) => id));
  for (const venue of VENUES) {
    const local = localHalf(venue);
    expect(local.venue).toBe(venue);
    expect(local.book !== undefined, venue.id).toBe(venue.book !== undefined);
  }
});

test('a venue without one is named', () => {
  expect(() => localHalf({ ...VENUES[0], id: 'new-venue' } as Venue)).toThrow(
    'new-venue has no line in venues/local-registry.ts',
  );
});
