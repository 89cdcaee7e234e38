import { ASSUMED_CHAIN, FASTEST_SLOT_MICROS, slotsOf } from '../../../core/chain-parameters.ts';
import { Quorum, type Ruling } from './quorum.ts';

/** What two views of one chain may differ by before one of them is not to be believed. */
const DISAGREEMENT_MS = 60_000;
const FRESH_MICROS = 3_000_000;
const TIMES = 3;

/** The voice of the HTTP side in what is weighed. */
export const HTTP_VOICE = 'over HTTP';

/** Slots that two views of one chain may differ by, at this slot time. */
export function slotDisagreementMax(slotMicros: number): number {
  return slotsOf({ slotMicros }, DISAGREEMENT_MS);
}

interface Claim {
  readonly slot: number;
  readonly atMicros: number;
}

/** `near`: where the chain can be. `far`: not by what is known; whoever says so is asked about, not believed yet. */
export type Nearness = 'near' | 'far';

/**
 * Where the chain is, as far as anybody knows: the last slot that was believed, and how long ago. What is known ages, so
 * that after an hour without a word any slot of the hour since is as good as another; what is still too far for that is
 * weighed: it is a lie when others say that the chain is where it was thought, and the truth when all that can be reached
 * agrees on it.
 */
export class ChainPosition {
  #slot = -1;
  #atMicros = 0;
  readonly #slotMicros: () => number;
  readonly #quorum: Quorum<Claim>;

  /** The slot time as far as it is known. Default: as assumed. */
  constructor(slotMicros: () => number = () => ASSUMED_CHAIN.slotMicros) {
    this.#slotMicros = slotMicros;
    this.#quorum = new Quorum({
      agree: (one, other) => agree(one, other, slotDisagreementMax(slotMicros())),
      times: TIMES,
      freshMicros: FRESH_MICROS,
    });
  }

  /** The last slot believed; -1 before the first. */
  get slot(): number {
    return this.#slot;
  }

  /** True while somebody says that the chain is elsewhere. */
  get isOpen(): boolean {
    return this.#quorum.isOpen;
  }

  hear(voice: string, slot: number, atMicros: number): Nearness {
    const asked = voice === HTTP_VOICE;
    if (this.#isNear(slot, atMicros)) {
      this.#quorum.support(voice, atMicros, atMicros, asked);
      this.#believe(slot, atMicros);
      return 'near';
    }
    this.#quorum.dissent(voice, { slot, atMicros }, atMicros, atMicros, asked);
    return 'far';
  }

  /** To be asked while `isOpen`. What was accepted is believed from then on. */
  rule(nowMicros: number): Ruling<Claim> {
    const ruling = this.#quorum.rule(nowMicros);
    if (ruling.accepted !== undefined) {
      this.#slot = ruling.accepted.slot;
      this.#atMicros = ruling.accepted.atMicros;
    }
    return ruling;
  }

  /** The newest slot that can have begun by now, if the chain was where it was thought; Infinity where nothing is known. */
  reach(nowMicros: number): number {
    if (this.#slot < 0) return Number.POSITIVE_INFINITY;
    return this.#slot + 1 + Math.max(0, nowMicros - this.#atMicros) / FASTEST_SLOT_MICROS;
  }

  #isNear(slot: number, atMicros: number): boolean {
    if (this.#slot < 0) return true;
    const unseen = Math.max(0, atMicros - this.#atMicros) / FASTEST_SLOT_MICROS;
    const most = slotDisagreementMax(this.#slotMicros());
    return slot >= this.#slot - most && slot <= this.#slot + most + unseen;
  }

  #believe(slot: number, atMicros: number): void {
    // An older slot says nothing new: a node that is late must not hold back what may have passed.
    if (slot < this.#slot) return;
    this.#slot = slot;
    this.#atMicros = atMicros;
  }
}

function agree(one: Claim, other: Claim, most: number): boolean {
  const passed = Math.abs(one.atMicros - other.atMicros) / FASTEST_SLOT_MICROS;
  return Math.abs(one.slot - other.slot) <= most + passed;
}
