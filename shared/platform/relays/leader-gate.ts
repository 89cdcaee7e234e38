/** What a relay has told of the leaders that it reaches. */
export interface LeaderWord {
  /** The slot that it was at. */
  readonly currentSlot: number;
  /** First slot of the next leader that it reaches, from its current slot on. */
  readonly nextLeaderSlot: number;
  readonly leader: string;
  /** Monotonic microseconds at which that was heard. */
  readonly heardMicros: number;
}

export interface GateSettings {
  /** Nothing is sent for a leader further away. */
  readonly withinSlots: number;
  /** Slots in a row that belong to one leader. */
  readonly leaderSlots: number;
  /** A word older than this says nothing any more. */
  readonly wordMs: number;
}

/** The chain as it is measured now. */
export interface GateNow {
  readonly nowMicros: number;
  /** The newest slot that this program has heard of. */
  readonly slot: number;
  /** How long a slot lasts, measured. */
  readonly slotMicros: number;
  /** From here to the relay and on to the leader. */
  readonly wayMicros: number;
}

/**
 * `open`: send now; it leads for so much longer. `closed`: too far away; worth another look by then. `unknown`: the relay
 * has told nothing, or too long ago: the gate does not hold back what nobody knows to be late, it says so.
 */
export type Gate =
  | {
      readonly gate: 'open';
      readonly leader: string;
      readonly slotsAway: number;
      readonly leadsForMs: number;
    }
  | {
      readonly gate: 'closed';
      readonly reason: 'leader-far' | 'leader-over';
      readonly slotsAway: number;
      readonly opensInMs: number;
    }
  | { readonly gate: 'unknown'; readonly reason: 'not-told' | 'told-too-long-ago' };

/** Whether a relay reaches a leader soon enough for what is sent now. */
export function leaderGate(word: LeaderWord | undefined, now: GateNow, settings: GateSettings): Gate {
  if (word === undefined) return { gate: 'unknown', reason: 'not-told' };
  const ageMicros = now.nowMicros - word.heardMicros;
  if (ageMicros > settings.wordMs * 1_000) return { gate: 'unknown', reason: 'told-too-long-ago' };
  // Whichever is further: the slot that we have heard of, or the relay's, moved on by the clock.
  const atSlot = Math.max(now.slot, word.currentSlot + Math.floor(ageMicros / now.slotMicros));
  const arrivesAt = atSlot + Math.floor(now.wayMicros / now.slotMicros);
  const lastSlot = word.nextLeaderSlot + settings.leaderSlots - 1;
  const slotsAway = Math.max(0, word.nextLeaderSlot - atSlot);
  if (arrivesAt > lastSlot) return { gate: 'closed', reason: 'leader-over', slotsAway: 0, opensInMs: 0 };
  if (slotsAway > settings.withinSlots) {
    const opensInMs = ((slotsAway - settings.withinSlots) * now.slotMicros) / 1_000;
    return { gate: 'closed', reason: 'leader-far', slotsAway, opensInMs };
  }
  const leadsForMs = ((lastSlot + 1 - arrivesAt) * now.slotMicros) / 1_000;
  return { gate: 'open', leader: word.leader, slotsAway, leadsForMs };
}

/** The next leader among those that a relay is connected to, by the slots of each; undefined where none leads any more. */
export function nextLeader(
  slotsOf: ReadonlyMap<string, readonly number[]>,
  fromSlot: number,
): { readonly leader: string; readonly slot: number } | undefined {
  let next: { readonly leader: string; readonly slot: number } | undefined;
  for (const [leader, slots] of slotsOf) {
    for (const slot of slots) {
      if (slot >= fromSlot && (next === undefined || slot < next.slot)) next = { leader, slot };
    }
  }
  return next;
}
