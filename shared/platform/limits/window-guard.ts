/** Keeps every window of time below a count, whatever the way to the server adds in delay. */
export interface WindowGuard {
  /** 0 when `count` more may be sent now, Infinity when only an answer can make room. */
  waitMicros(count: number, nowMicros: number): number;
  sent(count: number): void;
  /** What was sent at `sentMicros` has been answered, or given up. */
  settled(count: number, sentMicros: number, nowMicros: number): void;
  /** The server refused all the same: the shortest way is measured anew. */
  distrust(): void;
  readonly inFlight: number;
}

/** The shortest way there and back is that of the last one to two of these many answers, once there are as many. */
const GENERATION = 1_024;

/**
 * At most `max` requests on their way or counted by the server within the last `windowMicros`. The server counts a
 * request at some moment between sending and answer; of that time the shortest way there and back is the same for
 * all, and what an answer took longer is where the moment is unknown. So a request holds its place until a window
 * after its answer less the shortest way: no window of that length on the server's own clock can hold more than
 * `max`, even when a stall bunches what was sent evenly, and a steady delay costs no rate. A bucket alone cannot
 * promise that.
 * @hot
 */
export function createWindowGuard(max: number, windowMicros: number): WindowGuard {
  /** The latest moment at which each of the last `max` requests can have been counted, oldest at `head`. */
  const countedBy = new Float64Array(max);
  let head = 0;
  let held = 0;
  let inFlight = 0;
  let newest = Number.NEGATIVE_INFINITY;
  /** 0 until a generation is full: what is not known yet must not be taken for long. */
  let shortestBefore = 0;
  let shortestNow = Number.POSITIVE_INFINITY;
  let seen = 0;

  function forget(nowMicros: number): void {
    const limit = nowMicros - windowMicros;
    while (held > 0 && countedBy[head]! <= limit) {
      head = head + 1 === max ? 0 : head + 1;
      held--;
    }
  }

  function measure(micros: number): number {
    if (micros < shortestNow) shortestNow = micros;
    const shortest = Math.min(shortestNow, shortestBefore);
    if (++seen >= GENERATION) {
      shortestBefore = shortestNow;
      shortestNow = Number.POSITIVE_INFINITY;
      seen = 0;
    }
    return shortest;
  }

  return {
    waitMicros(count, nowMicros) {
      if (held > 0) forget(nowMicros);
      // One that is larger than the window waits until it is alone.
      const allowed = count < max ? max - count : 0;
      const over = inFlight + held - allowed;
      if (over <= 0) return 0;
      if (over > held) return Number.POSITIVE_INFINITY;
      const index = head + over - 1;
      return countedBy[index < max ? index : index - max]! + windowMicros - nowMicros;
    },
    sent(count) {
      inFlight += count;
    },
    settled(count, sentMicros, nowMicros) {
      inFlight -= count;
      const latest = nowMicros - measure(nowMicros - sentMicros);
      // In order, so that the oldest is always at the head.
      if (latest > newest) newest = latest;
      for (let i = 0; i < count; i++) {
        if (held === max) {
          head = head + 1 === max ? 0 : head + 1;
          held--;
        }
        const tail = head + held;
        countedBy[tail < max ? tail : tail - max] = newest;
        held++;
      }
    },
    distrust() {
      shortestBefore = 0;
      shortestNow = Number.POSITIVE_INFINITY;
      seen = 0;
    },
    get inFlight() {
      return inFlight;
    },
  };
}
