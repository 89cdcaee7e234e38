/** One slot as it was first told. */
export interface ToldSlot {
  readonly slot: number;
  readonly parent: number;
  readonly atMicros: number;
}

const KEPT_SLOTS = 512;
const NONE: readonly number[] = [];

/**
 * The chain as the slot notifications of all connections draw it: what came first, what was built on what, and which
 * slots were left when the chain went another way.
 */
export class SlotLine {
  /** Highest slot told; -1 before the first. */
  newest = -1;
  /** Times that the chain went another way than it had been told. */
  forks = 0;
  #tip = -1;
  readonly #told = new Map<number, ToldSlot>();
  readonly #abandoned = new Set<number>();

  /** Forgets everything: the chain has moved on unseen. */
  reset(): void {
    this.newest = -1;
    this.#tip = -1;
    this.#told.clear();
    this.#abandoned.clear();
  }

  at(slot: number): ToldSlot | undefined {
    return this.#told.get(slot);
  }

  /** True when the chain was seen to leave this slot. */
  isAbandoned(slot: number): boolean {
    return this.#abandoned.has(slot);
  }

  /** Takes a notification that is new here. Gives the slots that the chain has left by it: mostly none. */
  tell(slot: number, parent: number, atMicros: number): readonly number[] {
    const known = this.#told.get(slot);
    if (known?.parent === parent) return NONE;
    const left = known === undefined ? this.#leftBy(parent) : this.#from(slot);
    this.#told.set(slot, { slot, parent, atMicros });
    if (slot > this.newest) this.newest = slot;
    this.#tip = slot;
    this.#abandoned.delete(slot);
    if (left.length > 0) {
      this.forks++;
      for (const gone of left) this.#abandoned.add(gone);
    }
    this.#trim();
    return left;
  }

  /** The newest slot that was told `ageMicros` ago or earlier. */
  toldBefore(nowMicros: number, ageMicros: number): ToldSlot | undefined {
    for (let slot = this.newest; slot > this.newest - KEPT_SLOTS && slot >= 0; slot--) {
      const told = this.#told.get(slot);
      if (told !== undefined && nowMicros - told.atMicros >= ageMicros) return told;
    }
    return undefined;
  }

  #leftBy(parent: number): readonly number[] {
    // On from the tip, or from a slot that nobody told: nothing is known to be left.
    if (this.#tip < 0 || parent === this.#tip) return NONE;
    if (parent > this.#tip && !this.#told.has(parent)) return NONE;
    const line = new Set<number>();
    for (let at: number | undefined = parent; at !== undefined; at = this.#told.get(at)?.parent) {
      line.add(at);
      this.#abandoned.delete(at);
    }
    const left: number[] = [];
    let at: number | undefined = this.#tip;
    while (at !== undefined && at > parent - KEPT_SLOTS && !line.has(at)) {
      if (this.#told.has(at)) left.push(at);
      at = this.#told.get(at)?.parent;
    }
    return left;
  }

  /** A second block for one slot: everything from it on is in doubt. */
  #from(slot: number): readonly number[] {
    return [...this.#told.keys()].filter((told) => told >= slot);
  }

  #trim(): void {
    for (const slot of this.#told.keys()) {
      if (this.#told.size <= KEPT_SLOTS) break;
      this.#told.delete(slot);
      this.#abandoned.delete(slot);
    }
  }
}
