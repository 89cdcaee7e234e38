import { expect, it } from 'vitest';
import { createManualClock } from '../core/clock.ts';
import type { Decision, EngineRecord } from '../engine/record.ts';
import { createRecent } from './recent.ts';

const REFUSED = { outcome: 'refused', reason: 'below-minimum', opportunity: { routeId: 'r' } };
const STAMPS = { arrivedMicros: 0, startedMicros: 0, decidedMicros: 0 };

it.each([
  [400, 25],
  [200, 50],
])('a route that is refused again within ten seconds renews its row, at slots of %i ms', (slotMs, slots) => {
  const recent = createRecent(
    createManualClock(0),
    () => 0n,
    () => ({ slotMicros: slotMs * 1_000 }),
  );
  const hear = (slot: number): void => {
    const record = { slot, decisions: [REFUSED as unknown as Decision], fills: [] };
    recent.observe(
      { kind: 'slot', atMicros: 0, slot, parent: slot - 1 },
      record as unknown as EngineRecord,
      STAMPS,
    );
  };
  hear(100);
  hear(100 + slots);
  expect(recent.decisions).toHaveLength(1);
  hear(101 + 2 * slots);
  expect(recent.decisions).toHaveLength(2);
});

it('holds one row for an order whose end was corrected, and counts as won what was', () => {
  const recent = createRecent(
    createManualClock(0),
    () => 0n,
    () => ({ slotMicros: 400_000 }),
  );
  const fill = (outcome: string, netLamports: bigint, corrects?: unknown) => ({
    ...{ terms: { id: 'a' }, slot: 1, outcome, netLamports, corrects },
  });
  const hear = (...fills: readonly unknown[]): void =>
    recent.observe(
      { kind: 'slot', atMicros: 0, slot: 1, parent: 0 },
      { slot: 1, decisions: [], fills } as unknown as EngineRecord,
      STAMPS,
    );
  const failed = fill('reverted', -5n);
  const landed = fill('filled', 9n, failed);
  hear({ ...failed, terms: { id: 'b' } }, failed, landed);
  expect(recent.fills.map(({ item }) => [item.terms.id, item.outcome])).toEqual([
    ['a', 'filled'],
    ['b', 'reverted'],
  ]);
  expect(recent.won).toBe(1);
  hear(fill('reverted', -5n, landed));
  expect(recent.fills.map(({ item }) => item.outcome)).toEqual(['reverted', 'reverted']);
  expect(recent.won).toBe(0);
});
