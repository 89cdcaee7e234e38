import type { AccountBytes } from '../core/account.ts';
import type { ChainClock } from '../core/clock.ts';

const CLOCK_BYTES = 40;

/**
 * The clock sysvar: slot u64 at 0, epoch u64 at 16, unix timestamp i64 at 32 (seconds).
 * Undefined when the bytes are not a clock.
 */
export function decodeChainClock(account: AccountBytes | null): ChainClock | undefined {
  if (account === null || account.data.length < CLOCK_BYTES) return undefined;
  const view = new DataView(account.data.buffer, account.data.byteOffset, account.data.byteLength);
  return {
    slot: Number(view.getBigUint64(0, true)),
    epoch: Number(view.getBigUint64(16, true)),
    unixTimestamp: Number(view.getBigInt64(32, true)),
  };
}
