import type { AccountBytes } from '../core/account.ts';
import { decodeChainClock } from '../market/chain-clock.ts';

const EPOCH_START_AT = 8;
const LEADER_EPOCH_AT = 24;
/** Seconds that the chain's clock may be corrected by, beside one a slot. */
const CORRECTION_SECONDS = 5;
/** Slots that the clock of an answer may be older than the answer says it is. */
const OLD_SLOTS = 4;

interface Seen {
  readonly slot: number;
  readonly unixTimestamp: number;
  readonly epoch: number;
  readonly epochStart: bigint;
}

/**
 * The clock sysvar stands in every slot's news and is asked for in every snapshot, and most of it is known beforehand:
 * whoever tells a clock that cannot be tells other accounts wrongly too, and one whose clock is old tells old state.
 */
export class ClockWitness {
  #last: Seen | undefined;

  /** '' where the clock that was told with `slot` can be. One that is not there proves nothing. */
  problem(slot: number, account: AccountBytes | null): string {
    if (account === null) return '';
    const clock = decodeChainClock(account);
    if (clock === undefined) return 'the clock is no clock';
    const view = new DataView(account.data.buffer, account.data.byteOffset, account.data.byteLength);
    const epochStart = view.getBigInt64(EPOCH_START_AT, true);
    const leaderEpoch = Number(view.getBigUint64(LEADER_EPOCH_AT, true));
    if (clock.slot > slot) return `the clock of slot ${slot} says slot ${clock.slot}`;
    if (leaderEpoch < clock.epoch || leaderEpoch > clock.epoch + 1) {
      return `the clock says leaders of epoch ${leaderEpoch} in epoch ${clock.epoch}`;
    }
    const last = this.#last;
    if (last !== undefined) {
      const slots = Math.abs(clock.slot - last.slot);
      if (Math.abs(clock.unixTimestamp - last.unixTimestamp) > slots + CORRECTION_SECONDS) {
        return `the clock went from ${last.unixTimestamp} s to ${clock.unixTimestamp} s in ${slots} slots`;
      }
      if (Math.abs(clock.epoch - last.epoch) > 1)
        return `the clock went from epoch ${last.epoch} to ${clock.epoch}`;
      if (clock.epoch === last.epoch && epochStart !== last.epochStart)
        return 'the clock moved the start of its epoch';
    }
    if (last === undefined || clock.slot > last.slot) this.#last = { ...clock, epochStart };
    return '';
  }

  /** The same for an answer as of `slot`. */
  answerProblem(slot: number, account: AccountBytes | null): string {
    const problem = this.problem(slot, account);
    const told = decodeChainClock(account)?.slot ?? slot;
    if (problem !== '' || told >= slot - OLD_SLOTS) return problem;
    return `the answer says slot ${slot} and its clock ${told}`;
  }
}
