import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PnlPoint } from '../../../shared/run/series.ts';
import { createSampleSource } from '../dashboard/sample/sample-source.ts';
import type { DashboardState } from '../dashboard/view/view.ts';
import { changesBetween, cutFrame } from './changes.ts';

interface Connection {
  applyChange(state: DashboardState, change: unknown): DashboardState;
}

// The page's own code, as the browser loads it.
const { applyChange } = (await import(
  String(new URL('../dashboard/page/connection.js', import.meta.url))
)) as Connection;

const base = createSampleSource().state();
const pointsArbitrary: fc.Arbitrary<PnlPoint[]> = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 5 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  ),
  { maxLength: 12 },
);
const stateArbitrary: fc.Arbitrary<DashboardState> = fc
  .record({
    slot: fc.integer({ min: 0, max: 3 }),
    netLamports: fc.constantFrom('0', '-5', '123456789012345678901'),
    series: pointsArbitrary,
    refusals: fc.array(fc.record({ reason: fc.string(), count: fc.nat(3) }), { maxLength: 3 }),
  })
  .map(({ netLamports, series, ...fields }) => ({
    ...base,
    ...fields,
    pnl: { ...base.pnl, netLamports, series },
  }));

test('a page that applies the changes holds exactly the new state', () => {
  fc.assert(
    fc.property(stateArbitrary, stateArbitrary, (before, after) => {
      const change = changesBetween(cutFrame(before), cutFrame(after));
      const held = change === undefined ? before : applyChange(before, JSON.parse(change));
      expect(held).toEqual(JSON.parse(JSON.stringify(after)));
    }),
  );
});

test('nothing is sent for an equal state', () => {
  fc.assert(
    fc.property(
      stateArbitrary,
      (state) => changesBetween(cutFrame(state), cutFrame(structuredClone(state))) === undefined,
    ),
  );
});

test('a grown series sends only its new points', () => {
  const series: PnlPoint[] = Array.from({ length: 2_000 }, (_, index) => [index, index / 10]);
  const before = cutFrame({ ...base, pnl: { ...base.pnl, series } });
  const after = cutFrame({ ...base, pnl: { ...base.pnl, series: [...series, [2_000, 7]] } });
  expect(changesBetween(before, after)).toBe('{"series":{"keep":2000,"points":[[2000,7]]}}');
});
