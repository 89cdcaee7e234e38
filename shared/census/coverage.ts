import type { Market } from '../market/market.ts';
import { isQuotable } from '../market/pool-entry.ts';

/** How much of the market time could be used, in slots, and why the rest could not. */
export interface Coverage {
  usableSlots: number;
  /** Before the first snapshot was whole. */
  startingSlots: number;
  /** The feed was lost, or events of the recording are missing. */
  lostSlots: number;
  /** The accounts lagged behind the slots. */
  laggingSlots: number;
  /** Of the pools at the beginning of each usable slot those that could be quoted, summed up; and all of them. */
  quotablePoolSlots: number;
  poolSlots: number;
}

export function createCoverage(): Coverage {
  return {
    usableSlots: 0,
    startingSlots: 0,
    lostSlots: 0,
    laggingSlots: 0,
    quotablePoolSlots: 0,
    poolSlots: 0,
  };
}

/** Adds every slot of one run to what could be seen of it. */
export interface CoverageWatch {
  /** The market is not live, or was not for a moment: the present slot is not seen whole. */
  breakNow(): void;
  beginSlot(slot: number, lagging: boolean): void;
}

export function createCoverageWatch(market: Market, coverage: Coverage): CoverageWatch {
  let lastSlot = 0;
  let everWhole = false;
  let broken = true;
  return {
    breakNow() {
      broken = true;
    },
    beginSlot(slot, lagging) {
      const slots = lastSlot === 0 ? 0 : Math.max(0, slot - lastSlot);
      lastSlot = slot;
      if (broken && !everWhole) coverage.startingSlots += slots;
      else if (broken) coverage.lostSlots += slots;
      else if (lagging) coverage.laggingSlots += slots;
      else {
        coverage.usableSlots += slots;
        for (const entry of market.pools) {
          if (entry.status === 'removed') continue;
          coverage.poolSlots += slots;
          if (isQuotable(entry)) coverage.quotablePoolSlots += slots;
        }
      }
      everWhole ||= !broken && slots > 0;
      broken = !market.live;
    },
  };
}

/** All slots of the runs, seen or not. */
export function slotsOf({ usableSlots, startingSlots, lostSlots, laggingSlots }: Coverage): number {
  return usableSlots + startingSlots + lostSlots + laggingSlots;
}

/** Share of the slots that could not be used; 1 when there was none. */
export function unusableShare(coverage: Coverage): number {
  const slots = slotsOf(coverage);
  return slots === 0 ? 1 : 1 - coverage.usableSlots / slots;
}
