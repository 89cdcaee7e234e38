import type { AccountBytes } from '../../../core/account.ts';
import type { ChainClock } from '../../../core/clock.ts';
import { decodeChainClock } from '../../../market/chain-clock.ts';
import { HTTP_VOICE } from './chain-position.ts';
import { Quorum, type Ruling } from './quorum.ts';

const EPOCH_START_AT = 8;
const LEADER_EPOCH_AT = 24;
/** Seconds that the chain's clock may be corrected by without anybody being asked, beside one a slot. */
const CORRECTION_SECONDS = 5;
/** Slots that the clock of an answer may be older than the answer says it is. */
const OLD_SLOTS = 4;
const FRESH_MICROS = 3_000_000;
const TIMES = 3;

interface Seen extends ChainClock {
  readonly epochStart: bigint;
  readonly leaderEpoch: number;
}

/** `odd`: not what was to be expected; it is weighed. `impossible`: it contradicts itself and is no clock of any chain. */
export interface ClockVerdict {
  readonly kind: 'fits' | 'odd' | 'impossible';
  /** '' where it fits. */
  readonly why: string;
}

const FITS: ClockVerdict = { kind: 'fits', why: '' };

/**
 * The clock sysvar stands in every slot's news and is asked for in every snapshot, and most of it is known beforehand:
 * whoever tells a clock that cannot be tells other accounts wrongly too, and one whose clock is old tells old state. But
 * the chain itself corrects its clock now and then: what all that can be reached says is taken after a few slots.
 */
export class ClockWitness {
  #last: Seen | undefined;
  readonly #quorum = new Quorum<Seen>({
    agree: (one, other) => oddity(one, other) === '',
    times: TIMES,
    freshMicros: FRESH_MICROS,
  });

  /** True while somebody tells a clock that was not to be expected. */
  get isOpen(): boolean {
    return this.#quorum.isOpen;
  }

  /** Of a clock that was told with `slot`. One that is not there proves nothing. */
  hear(voice: string, slot: number, account: AccountBytes | null, atMicros: number): ClockVerdict {
    if (account === null) return FITS;
    const clock = seen(account);
    if (clock === undefined) return { kind: 'impossible', why: 'the clock is no clock' };
    if (clock.slot > slot) {
      return { kind: 'impossible', why: `the clock of slot ${slot} says slot ${clock.slot}` };
    }
    const why = implausible(clock) || oddity(this.#last ?? clock, clock);
    const asked = voice === HTTP_VOICE;
    if (why !== '') {
      this.#quorum.dissent(voice, clock, clock.slot, atMicros, asked);
      return { kind: 'odd', why };
    }
    this.#quorum.support(voice, clock.slot, atMicros, asked);
    if (this.#last === undefined || clock.slot > this.#last.slot) this.#last = clock;
    return FITS;
  }

  /** The same for an answer as of `slot`, which says too how old it may be. */
  hearAnswer(slot: number, account: AccountBytes | null, atMicros: number): string {
    const { why } = this.hear(HTTP_VOICE, slot, account, atMicros);
    const told = decodeChainClock(account)?.slot ?? slot;
    if (why !== '' || told >= slot - OLD_SLOTS) return why;
    return `the answer says slot ${slot} and its clock ${told}`;
  }

  /** To be asked while `isOpen`. What was accepted is known from then on. */
  rule(nowMicros: number): Ruling<ChainClock> {
    const ruling = this.#quorum.rule(nowMicros);
    if (ruling.accepted !== undefined) this.#last = ruling.accepted;
    return ruling;
  }

  /** The chain went on elsewhere: what was known of its clock holds no more. */
  reset(): void {
    this.#last = undefined;
    this.#quorum.reset();
  }
}

function seen(account: AccountBytes): Seen | undefined {
  const clock = decodeChainClock(account);
  if (clock === undefined) return undefined;
  const view = new DataView(account.data.buffer, account.data.byteOffset, account.data.byteLength);
  const epochStart = view.getBigInt64(EPOCH_START_AT, true);
  return { ...clock, epochStart, leaderEpoch: Number(view.getBigUint64(LEADER_EPOCH_AT, true)) };
}

function implausible({ epoch, leaderEpoch }: Seen): string {
  if (leaderEpoch >= epoch && leaderEpoch <= epoch + 1) return '';
  return `the clock says leaders of epoch ${leaderEpoch} in epoch ${epoch}`;
}

/** Why the two cannot be clocks of one chain, or ''. */
function oddity(before: Seen, after: Seen): string {
  const slots = Math.abs(after.slot - before.slot);
  if (Math.abs(after.unixTimestamp - before.unixTimestamp) > slots + CORRECTION_SECONDS) {
    return `the clock went from ${before.unixTimestamp} s to ${after.unixTimestamp} s in ${slots} slots`;
  }
  if (Math.abs(after.epoch - before.epoch) > 1)
    return `the clock went from epoch ${before.epoch} to ${after.epoch}`;
  if (after.epoch === before.epoch && after.epochStart !== before.epochStart)
    return 'the clock moved the start of its epoch';
  return '';
}
