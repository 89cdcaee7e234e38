import type { Shard } from './shard.ts';
import type { SlotLine, ToldSlot } from './slot-line.ts';

export interface SlotBarrierOptions {
  readonly line: SlotLine;
  readonly lanes: number;
  readonly shards: () => readonly Shard[];
  /** True: a slot waits for every connection that is well, not only for those of one lane. */
  readonly waitsForAll: boolean;
  readonly onSlot: (told: ToldSlot) => void;
}

/**
 * Passes a slot on once every account change of its parent has been heard: when all connections of one lane have
 * told it, or, where no lane is whole, all connections that can be relied on. A connection that keeps the others
 * waiting is found to be behind, so that nothing waits for longer than that takes.
 */
export class SlotBarrier {
  #passed = -1;
  readonly #options: SlotBarrierOptions;

  constructor(options: SlotBarrierOptions) {
    this.#options = options;
  }

  reset(): void {
    this.#passed = -1;
  }

  advance(): void {
    const { line, onSlot } = this.#options;
    const complete = Math.min(this.#complete(), line.newest);
    if (complete <= this.#passed) return;
    let slot = this.#passed < 0 ? complete : this.#passed + 1;
    this.#passed = complete;
    for (; slot <= complete; slot++) {
      const told = line.at(slot);
      if (told !== undefined) onSlot(told);
    }
  }

  #complete(): number {
    const { lanes, shards, waitsForAll } = this.#options;
    let best = waitsForAll ? this.#ofAll() : -1;
    if (best >= 0) return best;
    for (let lane = 0; lane < lanes; lane++) best = Math.max(best, this.#ofLane(lane));
    if (best >= 0) return best;
    let least = Number.MAX_SAFE_INTEGER;
    for (const shard of shards()) {
      const { highestSlot } = shard.slots;
      const fetching = shard.state === 'snapshot' && highestSlot >= 0;
      if (shard.load > 0 && (shard.isLive || fetching)) least = Math.min(least, highestSlot);
    }
    return least;
  }

  /** -1 unless there is one. One that lags is found to be behind, and is then not waited for. */
  #ofAll(): number {
    let least = Number.MAX_SAFE_INTEGER;
    for (const shard of this.#options.shards()) {
      if (shard.load > 0 && shard.isLive) least = Math.min(least, this.#overBefore(shard));
    }
    return least === Number.MAX_SAFE_INTEGER ? -1 : least;
  }

  /** All that it tells of the slots before this one has been told: their clocks were, and the clock is one of it. */
  #overBefore({ slots: { highestSlot }, heartbeat }: Shard): number {
    const parent = this.#options.line.at(highestSlot)?.parent;
    if (heartbeat < 0 || parent === undefined || heartbeat >= parent) return highestSlot;
    return Math.min(highestSlot, heartbeat);
  }

  /** -1 unless all of its connections are live. */
  #ofLane(lane: number): number {
    let least = Number.MAX_SAFE_INTEGER;
    for (const shard of this.#options.shards()) {
      if (shard.lane !== lane || shard.load === 0) continue;
      if (!shard.isLive) return -1;
      least = Math.min(least, shard.slots.highestSlot);
    }
    return least === Number.MAX_SAFE_INTEGER ? -1 : least;
  }
}
