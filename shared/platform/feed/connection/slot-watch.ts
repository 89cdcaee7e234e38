import type { StreamCounters } from '../stream-counters.ts';
import { slotDisagreementMax } from '../witness/chain-position.ts';

/** What the stream hears of slots on one connection, and whether it hangs together. Judges nothing: it counts. */
export class SlotWatch {
  lastSlot = -1;
  lastParent = -1;
  /** Highest slot that a notification told; -1 before the first. */
  highestSlot = -1;
  highestAccountSlot = -1;
  #lastSlotMicros = 0;
  #stalled = false;
  readonly #counters: StreamCounters;
  readonly #slotMicros: () => number;

  constructor(counters: StreamCounters, slotMicros: () => number) {
    this.#counters = counters;
    this.#slotMicros = slotMicros;
  }

  reset(atMicros: number): void {
    this.lastSlot = -1;
    this.lastParent = -1;
    this.highestSlot = -1;
    this.highestAccountSlot = -1;
    this.#lastSlotMicros = atMicros;
    this.#stalled = false;
  }

  slot(slot: number, parent: number, atMicros: number): void {
    this.#counters.slotFrames++;
    if (this.lastSlot >= 0) {
      if (slot <= this.lastSlot) this.#counters.slotsBackward++;
      else if (slot - this.lastSlot > slotDisagreementMax(this.#slotMicros())) this.#counters.slotJumps++;
    }
    this.lastSlot = slot;
    if (slot > this.highestSlot) this.highestSlot = slot;
    this.lastParent = parent;
    this.#lastSlotMicros = atMicros;
    this.#stalled = false;
  }

  account(slot: number): void {
    this.#counters.accountFrames++;
    if (slot < this.highestAccountSlot) this.#counters.lateFrames++;
    else this.highestAccountSlot = slot;
  }

  /** How many slots the newest account is ahead of the slot notifications. */
  get lag(): number {
    return this.lastSlot < 0 ? 0 : Math.max(0, this.highestAccountSlot - this.lastSlot);
  }

  /** True once for each time that no slot came for `stallMs` while accounts have got ahead of the slots. */
  sweep(nowMicros: number, stallMs: number): boolean {
    if (this.#stalled || this.lag === 0 || nowMicros - this.#lastSlotMicros < stallMs * 1_000) return false;
    this.#stalled = true;
    this.#counters.slotStalls++;
    return true;
  }
}
