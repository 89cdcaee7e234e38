/** Slots of which the average is taken. */
const KEPT = 64;
/** With fewer slots seen nothing is said. */
const LEAST = 24;
/** The newest slots alone, to see a change before all kept slots show it. */
const RECENT = 16;
/** The newest differ from the rest by more than jitter does: the chain has changed. */
const CHANGE = 0.08;

/** How long a slot lasts, by when slots were heard to begin. */
export interface SlotTime {
  /** A slot began, as heard at a monotonic time. */
  slot(slot: number, atMicros: number): void;
  /** What was heard before does not hang together with what comes. */
  reset(): void;
  /** Microseconds; undefined before enough slots were heard. */
  readonly micros: number | undefined;
}

export function createSlotTime(): SlotTime {
  let heard: { readonly slot: number; readonly atMicros: number }[] = [];
  let micros: number | undefined;

  const over = (from: number): number => {
    const [first, last] = [heard[from]!, heard[heard.length - 1]!];
    return (last.atMicros - first.atMicros) / (last.slot - first.slot);
  };

  return {
    get micros() {
      return micros;
    },
    slot(slot, atMicros) {
      const last = heard.at(-1);
      if (last !== undefined && slot <= last.slot) return;
      heard.push({ slot, atMicros });
      if (heard.length > KEPT) heard.shift();
      if (heard.length < LEAST) return;
      const recentFrom = heard.length - 1 - RECENT;
      const recent = over(recentFrom);
      const all = over(0);
      if (Math.abs(recent / all - 1) > CHANGE) heard = heard.slice(recentFrom);
      else micros = all;
      // Of a change the newest slots are all that is known.
      if (heard.length <= RECENT + 1) micros = recent;
    },
    reset() {
      heard = [];
    },
  };
}
