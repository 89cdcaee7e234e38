import { ASSUMED } from '../core/chain-parameters.ts';
import type { Market } from '../market/market.ts';
import { isQuotable } from '../market/pool-entry.ts';

/** How much of the market time could be used, in slots, and why the rest could not. */
export interface Coverage {
  usableSlots: number;
  /** How long they lasted. */
  usableMicros: number;
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
    usableMicros: 0,
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
  beginSlot(slot: number, lagging: boolean, atMicros: number): void;
  /** The run is over: its slots get the length that only all of them show. */
  end(): void;
}

/** No chain has had slots shorter or longer than these on average: such stamps are of a clock that was not the chain's. */
const SHORTEST_MICROS = 50_000;
const LONGEST_MICROS = 2_000_000;

export function createCoverageWatch(market: Market, coverage: Coverage): CoverageWatch {
  let lastSlot = 0;
  let everWhole = false;
  let broken = true;
  let lastMicros = 0;
  /** Usable slots of before anybody had said how long slots are, and how long they took by their own times. */
  let untoldSlots = 0;
  let untoldMicros = 0;

  const addTime = (slots: number, tookMicros: number): void => {
    const { slotMicros, origins } = market.chain;
    if (origins.slotMicros.source !== ASSUMED) {
      coverage.usableMicros += slots * slotMicros;
      return;
    }
    untoldSlots += slots;
    untoldMicros += tookMicros;
  };

  return {
    breakNow() {
      broken = true;
    },
    beginSlot(slot, lagging, atMicros) {
      const slots = lastSlot === 0 ? 0 : Math.max(0, slot - lastSlot);
      const tookMicros = atMicros - lastMicros;
      lastSlot = slot;
      lastMicros = atMicros;
      if (broken && !everWhole) coverage.startingSlots += slots;
      else if (broken) coverage.lostSlots += slots;
      else if (lagging) coverage.laggingSlots += slots;
      else {
        coverage.usableSlots += slots;
        addTime(slots, tookMicros);
        for (const entry of market.pools) {
          if (entry.status === 'removed') continue;
          coverage.poolSlots += slots;
          if (isQuotable(entry)) coverage.quotablePoolSlots += slots;
        }
      }
      everWhole ||= !broken && slots > 0;
      broken = !market.live;
    },
    end() {
      const each = untoldMicros / Math.max(1, untoldSlots);
      const isChains = each >= SHORTEST_MICROS && each <= LONGEST_MICROS;
      coverage.usableMicros += isChains ? untoldMicros : untoldSlots * market.chain.slotMicros;
      untoldSlots = 0;
      untoldMicros = 0;
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
