import type { StreamConnection } from '../connection/stream-connection.ts';
import type { SlotLine, ToldSlot } from './slot-line.ts';

export interface SlotBarrierOptions {
  readonly line: SlotLine;
  readonly lanes: number;
  readonly connections: () => readonly StreamConnection[];
  /** True: a slot waits for every connection that is well, not only for those of one lane. */
  readonly waitsForAll: boolean;
  /** Accounts are told as they are processed, not when their slot is confirmed or finalized. */
  readonly isProcessed: boolean;
  /** Everything before `slot` has been said by every connection that is well. */
  readonly onOver: (slot: number) => void;
  readonly onSlot: (told: ToldSlot) => void;
}

/**
 * Passes a slot on once every account change of its parent has been heard: when all connections of one lane have
 * told it, or, where no lane is whole, all connections that can be relied on. A connection that keeps the others
 * waiting is found to be behind, so that nothing waits for longer than that takes. Of accounts that are told at a later
 * commitment the slot is over when its clock is told, long after the next began.
 */
export class SlotBarrier {
  #passed = -1;
  #over = -1;
  readonly #options: SlotBarrierOptions;

  constructor(options: SlotBarrierOptions) {
    this.#options = options;
  }

  reset(): void {
    this.#passed = -1;
    this.#over = -1;
  }

  /** The first slot of which this connection, or another that is relied on, may still tell something; -1: any. */
  overWith(connection: StreamConnection): number {
    const all = this.#ofAll();
    const own = this.#overBefore(connection);
    return all < 0 ? own : Math.min(all, own);
  }

  advance(): void {
    const { line, onOver, onSlot } = this.#options;
    const all = this.#ofAll();
    if (all > this.#over) {
      this.#over = all;
      onOver(all);
    }
    const complete = Math.min(this.#complete(all), line.newest);
    if (complete <= this.#passed) return;
    let slot = this.#passed < 0 ? complete : this.#passed + 1;
    this.#passed = complete;
    for (; slot <= complete; slot++) {
      const told = line.at(slot);
      if (told !== undefined) onSlot(told);
    }
  }

  #complete(all: number): number {
    const { lanes, connections, waitsForAll } = this.#options;
    if (waitsForAll && all >= 0) return all;
    let best = -1;
    for (let lane = 0; lane < lanes; lane++) best = Math.max(best, this.#ofLane(lane));
    if (best >= 0) return best;
    let least = Number.MAX_SAFE_INTEGER;
    for (const connection of connections()) {
      const begun = this.#begun(connection);
      const fetching = connection.state === 'snapshot' && begun >= 0;
      if (connection.load > 0 && (connection.isLive || fetching)) least = Math.min(least, begun);
    }
    return least;
  }

  /**
   * -1 unless there is one. One that lags is found to be behind, and is then not waited for. One that is still fetching is
   * waited for as soon as something of it is relied on.
   */
  #ofAll(): number {
    let least = Number.MAX_SAFE_INTEGER;
    for (const connection of this.#options.connections()) {
      if (connection.load > 0 && (connection.isLive || connection.isReliedOn))
        least = Math.min(least, this.#overBefore(connection));
    }
    return least === Number.MAX_SAFE_INTEGER ? -1 : least;
  }

  /** All that it tells of the slots before this one has been told: their clocks were, and the clock is one of it. */
  #overBefore(connection: StreamConnection): number {
    const begun = this.#begun(connection);
    // It has told no slot or no clock yet: what it carries is known as of its snapshot.
    if (begun < 0 || connection.heartbeat < 0) return connection.reliedFrom;
    if (!this.#options.isProcessed) return begun;
    const parent = this.#options.line.at(begun)?.parent;
    if (parent === undefined || connection.heartbeat >= parent) return begun;
    return Math.min(begun, connection.heartbeat);
  }

  /**
   * The newest slot that has begun on a connection, at the commitment of its accounts: at a later one no notification
   * ends a slot, and the clock of the next says that all of it has been told.
   */
  #begun({ slots: { highestSlot }, heartbeat }: StreamConnection): number {
    return this.#options.isProcessed ? highestSlot : heartbeat;
  }

  /** -1 unless all of its connections are live. */
  #ofLane(lane: number): number {
    let least = Number.MAX_SAFE_INTEGER;
    for (const connection of this.#options.connections()) {
      if (connection.lane !== lane || connection.load === 0) continue;
      if (!connection.isLive) return -1;
      least = Math.min(least, this.#overBefore(connection));
    }
    return least === Number.MAX_SAFE_INTEGER ? -1 : least;
  }
}
