import type { ChainClock } from '../core/clock.ts';
import type { MintFacts } from './token/token.ts';

/**
 * From when on the clock alone may have changed a quote: as soon as the slot, the unix time or the epoch has come to one
 * of these. Infinity: never.
 */
export interface Holds {
  slot: number;
  unixTimestamp: number;
  epoch: number;
}

export function createHolds(): Holds {
  return { slot: 0, unixTimestamp: 0, epoch: 0 };
}

/** Says that quotes hold for ever: what changes them is told afterwards. */
export function holdForEver(holds: Holds): void {
  holds.slot = Number.POSITIVE_INFINITY;
  holds.unixTimestamp = Number.POSITIVE_INFINITY;
  holds.epoch = Number.POSITIVE_INFINITY;
}

/** Quotes change at a slot, unless it has come already. */
export function holdUntilSlot(holds: Holds, clock: ChainClock, slot: number): void {
  if (slot > clock.slot && slot < holds.slot) holds.slot = slot;
}

/** Quotes change at a second, unless it has come already. */
export function holdUntilTime(holds: Holds, clock: ChainClock, unixTimestamp: number): void {
  if (unixTimestamp > clock.unixTimestamp && unixTimestamp < holds.unixTimestamp)
    holds.unixTimestamp = unixTimestamp;
}

/** Quotes change with the epoch in which a mint's newer transfer fee comes into force. */
export function holdUntilFee(holds: Holds, clock: ChainClock, mint: MintFacts | undefined): void {
  const epoch = mint?.transferFee?.newer.epoch;
  if (epoch !== undefined && epoch > clock.epoch && epoch < holds.epoch) holds.epoch = epoch;
}
