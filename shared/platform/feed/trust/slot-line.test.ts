import { expect, it } from 'vitest';
import { SlotLine } from './slot-line.ts';

function line(...told: readonly (readonly [slot: number, parent: number])[]) {
  const made = new SlotLine();
  const left = told.map(([slot, parent], i) => made.tell(slot, parent, i * 1_000));
  return { made, left: left.at(-1) ?? [] };
}

it('leaves nothing while each slot stands on the one before, blocks left out or not', () => {
  const { made, left } = line([101, 100], [102, 101], [105, 102], [106, 105]);
  expect(left).toEqual([]);
  expect(made).toMatchObject({ newest: 106, forks: 0 });
});

it('leaves the slots of a branch that the next one does not stand on', () => {
  const { made, left } = line([101, 100], [102, 101], [103, 102], [104, 101]);
  expect([...left].sort()).toEqual([102, 103]);
  expect([101, 102, 103, 104].map((slot) => made.isAbandoned(slot))).toEqual([false, true, true, false]);
});

it('leaves what came after when a slot goes back, and comes back to it', () => {
  const { made, left } = line([101, 100], [103, 101], [102, 101]);
  expect(left).toEqual([103]);
  expect(made.newest).toBe(103);
  expect(made.tell(104, 103, 0)).toEqual([102]);
  expect(made.isAbandoned(103)).toBe(false);
  expect(made.forks).toBe(2);
});

it('doubts everything from a slot on that is told with another parent', () => {
  const { left } = line([101, 100], [102, 101], [103, 102], [102, 100]);
  expect([...left].sort()).toEqual([102, 103]);
});

it('takes the echo of a slot from another connection for what it is', () => {
  const { made, left } = line([101, 100], [102, 101], [101, 100]);
  expect(left).toEqual([]);
  expect(made.tell(103, 102, 0)).toEqual([]);
});

it('knows which slot was told long enough ago', () => {
  const { made } = line([101, 100], [102, 101], [103, 102]);
  expect(made.toldBefore(2_500, 1_000)?.slot).toBe(102);
  expect(made.toldBefore(500, 1_000)).toBeUndefined();
});

it('keeps a bounded past', () => {
  const made = new SlotLine();
  for (let slot = 1; slot <= 5_000; slot++) made.tell(slot, slot - 1, 0);
  expect(made.at(4_000)).toBeUndefined();
  expect(made.at(4_900)).toBeDefined();
});
