import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { ASSUMED_CHAIN } from '../core/chain-parameters.ts';
import type { ChainClock } from '../core/clock.ts';

/** The owner of every sysvar account. */
export const SYSVAR_PROGRAM = 'Sysvar1111111111111111111111111111111111111' as Address;

const CLOCK_BYTES = 40;
const CLOCK_LAMPORTS = 1_169_280n;
const SLOT_AT = 0;
const EPOCH_AT = 16;
const LEADER_EPOCH_AT = 24;
const TIMESTAMP_AT = 32;

/** The clock sysvar's bytes as a clock. Undefined when they are not one. */
export function decodeChainClock(account: AccountBytes | null): ChainClock | undefined {
  if (account === null || account.owner !== SYSVAR_PROGRAM || account.data.length < CLOCK_BYTES)
    return undefined;
  const view = new DataView(account.data.buffer, account.data.byteOffset, account.data.byteLength);
  return {
    slot: Number(view.getBigUint64(SLOT_AT, true)),
    epoch: Number(view.getBigUint64(EPOCH_AT, true)),
    unixTimestamp: Number(view.getBigInt64(TIMESTAMP_AT, true)),
  };
}

/** `clock` on a chain that gives one transaction so many compute units. */
export function clockOnChain(clock: ChainClock, transactionUnits: number): ChainClock {
  const { slot, epoch, unixTimestamp } = clock;
  if (transactionUnits === ASSUMED_CHAIN.transactionUnits) return { slot, epoch, unixTimestamp };
  return { slot, epoch, unixTimestamp, transactionUnits };
}

/** A clock as the sysvar account that holds it. */
export function clockAccount(clock: ChainClock): AccountBytes {
  const data = new Uint8Array(CLOCK_BYTES);
  const view = new DataView(data.buffer);
  view.setBigUint64(SLOT_AT, BigInt(clock.slot), true);
  view.setBigUint64(EPOCH_AT, BigInt(clock.epoch), true);
  view.setBigUint64(LEADER_EPOCH_AT, BigInt(clock.epoch + 1), true);
  view.setBigInt64(TIMESTAMP_AT, BigInt(clock.unixTimestamp), true);
  return { owner: SYSVAR_PROGRAM, lamports: CLOCK_LAMPORTS, data };
}
