import type { CostModel } from './costs.ts';

/** What a compute unit was last said to cost, for as long as that counts: then the model's own figure does again. */
export interface UnitPrice {
  /** Told in `slot`; 0 while no slot is known: without one nothing says when the estimate has grown old. */
  take(microLamportsPerUnit: bigint, slot: number): void;
  beginSlot(slot: number): void;
  /** Slots are counted anew after the feed was lost: an estimate of before has no age there. */
  forget(): void;
}

export function createUnitPrice(costs: CostModel, maxAgeSlots: number): UnitPrice {
  /** The last slot for which the estimate counts; 0 while there is none. */
  let untilSlot = 0;
  const forget = (): void => {
    if (untilSlot === 0) return;
    untilSlot = 0;
    costs.setUnitPrice(undefined);
  };
  return {
    take(microLamportsPerUnit, slot) {
      if (slot === 0 || microLamportsPerUnit < 0n) return;
      untilSlot = slot + maxAgeSlots;
      costs.setUnitPrice(microLamportsPerUnit);
    },
    beginSlot(slot) {
      if (slot > untilSlot) forget();
    },
    forget,
  };
}
