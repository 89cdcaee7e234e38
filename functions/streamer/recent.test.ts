import { expect, it } from 'vitest';
import { createManualClock } from '../../shared/core/clock.ts';
import type { Decision } from '../../shared/engine/record.ts';
import { createRecent } from './recent.ts';

const REFUSED = { outcome: 'refused', reason: 'below-minimum', opportunity: { routeId: 'r' } };

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
    const decisions = [REFUSED as unknown as Decision];
    recent.observe({ kind: 'slot', atMicros: 0, slot, parent: slot - 1 }, {
      slot,
      decisions,
      fills: [],
    } as unknown as Parameters<typeof recent.observe>[1]);
  };
  hear(100);
  hear(100 + slots);
  expect(recent.decisions).toHaveLength(1);
  hear(101 + 2 * slots);
  expect(recent.decisions).toHaveLength(2);
});
