import type { AccountWrite } from '../../core/account.ts';
import { CLOCK_SYSVAR } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import type { ChainClock } from '../../core/clock.ts';
import { SYSVAR_OWNER } from './chain-rules.ts';

export const SLOTS_PER_EPOCH = ASSUMED_CHAIN.slotsPerEpoch;

export interface ChainStart {
  readonly slot: number;
  /** Seconds. */
  readonly unixTimestamp: number;
  readonly epoch: number;
}

/** The chain's own time: so many milliseconds a slot from the start, in whole seconds, as on a chain that keeps time. */
export interface SlotClock {
  /** Slots from `slot` on last `slotMs`. `slot` must not lie before an earlier change. */
  change(slot: number, slotMs: number): void;
  at(slot: number): ChainClock;
  /** Milliseconds from the start until `slot` begins. */
  elapsedMs(slot: number): number;
  /** Slots of the minute that ended `minutesAgo` minutes before `slot` began; what was before the start went at its pace. */
  slotsInMinute(slot: number, minutesAgo: number): number;
}

export function createSlotClock(start: ChainStart, slotMs: number): SlotClock {
  const spans = [{ fromSlot: start.slot, fromMs: 0, slotMs }];

  function elapsedMs(slot: number): number {
    let span = spans[0]!;
    for (const later of spans) if (later.fromSlot <= slot) span = later;
    return span.fromMs + (slot - span.fromSlot) * span.slotMs;
  }

  /** The slot, with its fraction, at a time. */
  function slotAt(ms: number): number {
    let span = spans[0]!;
    for (const later of spans) if (later.fromMs <= ms) span = later;
    return span.fromSlot + (ms - span.fromMs) / span.slotMs;
  }

  return {
    elapsedMs,
    slotsInMinute(slot, minutesAgo) {
      const end = elapsedMs(slot) - minutesAgo * 60_000;
      return Math.round(slotAt(end) - slotAt(end - 60_000));
    },
    change: (slot, nextMs) => void spans.push({ fromSlot: slot, fromMs: elapsedMs(slot), slotMs: nextMs }),
    at(slot) {
      const epochsPassed = Math.floor(slot / SLOTS_PER_EPOCH) - Math.floor(start.slot / SLOTS_PER_EPOCH);
      return {
        slot,
        unixTimestamp: start.unixTimestamp + Math.floor(elapsedMs(slot) / 1_000),
        epoch: start.epoch + epochsPassed,
      };
    },
  };
}

/** The Clock sysvar account at `slot`: five little-endian 64-bit fields. */
export function clockSysvar(start: ChainStart, slots: SlotClock, slot: number): AccountWrite {
  const clock = slots.at(slot);
  const data = new Uint8Array(40);
  const view = new DataView(data.buffer);
  const epochStartSlot = Math.max(slot - (slot % SLOTS_PER_EPOCH), start.slot);
  view.setBigUint64(0, BigInt(slot), true);
  view.setBigInt64(8, BigInt(slots.at(epochStartSlot).unixTimestamp), true);
  view.setBigUint64(16, BigInt(clock.epoch), true);
  view.setBigUint64(24, BigInt(clock.epoch + 1), true);
  view.setBigInt64(32, BigInt(clock.unixTimestamp), true);
  return { address: CLOCK_SYSVAR, account: { owner: SYSVAR_OWNER, lamports: 1_169_280n, data } };
}
