import type { AccountWrite } from '../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';

export const SLOTS_PER_EPOCH = 432_000;
const SLOT_MS = 400;
const SYSVAR_OWNER = 'Sysvar1111111111111111111111111111111111111' as Address;

export interface ChainStart {
  readonly slot: number;
  /** Seconds. */
  readonly unixTimestamp: number;
  readonly epoch: number;
}

/** The chain's clock at `slot`: 400 ms a slot from the start, in whole seconds, as on a chain that keeps time. */
export function clockAtSlot(start: ChainStart, slot: number): ChainClock {
  const elapsedSeconds = Math.floor(((slot - start.slot) * SLOT_MS) / 1_000);
  const epochsPassed = Math.floor(slot / SLOTS_PER_EPOCH) - Math.floor(start.slot / SLOTS_PER_EPOCH);
  return { slot, unixTimestamp: start.unixTimestamp + elapsedSeconds, epoch: start.epoch + epochsPassed };
}

/** The Clock sysvar account at `clock`: five little-endian 64-bit fields. */
export function clockSysvar(start: ChainStart, clock: ChainClock): AccountWrite {
  const data = new Uint8Array(40);
  const view = new DataView(data.buffer);
  const epochStartSlot = Math.max(clock.slot - (clock.slot % SLOTS_PER_EPOCH), start.slot);
  view.setBigUint64(0, BigInt(clock.slot), true);
  view.setBigInt64(8, BigInt(clockAtSlot(start, epochStartSlot).unixTimestamp), true);
  view.setBigUint64(16, BigInt(clock.epoch), true);
  view.setBigUint64(24, BigInt(clock.epoch + 1), true);
  view.setBigInt64(32, BigInt(clock.unixTimestamp), true);
  return { address: CLOCK_SYSVAR, account: { owner: SYSVAR_OWNER, lamports: 1_169_280n, data } };
}
