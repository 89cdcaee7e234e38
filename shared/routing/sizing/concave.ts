const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** A function's highest point within an interval. */
export interface Summit {
  readonly at: number;
  readonly height: number;
}

export interface ClimbParams {
  /** Concave; minus infinity where it refuses. */
  readonly height: (at: number) => number;
  readonly start: number;
  /** First distance to its neighbours. */
  readonly step: number;
  readonly low: number;
  readonly high: number;
  /** Stop when nothing in the bracket can be higher than the best by more than this share of it, */
  readonly tolerance: number;
  /** when its ends are this near, */
  readonly grain: number;
  /** or after so many calls. */
  readonly maxCalls: number;
}

/**
 * The highest point of a concave function, from a good start: a bracket is walked around the top and closed by golden
 * section. Concavity bounds what a bracket can still hide (the chords on both sides, drawn on), so smooth tops end
 * early and the kinks of ticks and bins are followed to the end.
 */
export function climb(params: ClimbParams): Summit {
  const { height, low, high, tolerance, grain, maxCalls } = params;
  let calls = 0;
  const call = (at: number): number => {
    calls += 1;
    return height(at);
  };
  let middle = Math.min(high, Math.max(low, params.start));
  let top = call(middle);
  let left = Math.max(low, middle - params.step);
  let right = Math.min(high, middle + params.step);
  let atLeft = left < middle ? call(left) : Number.NEGATIVE_INFINITY;
  let atRight = right > middle ? call(right) : Number.NEGATIVE_INFINITY;
  let reach = params.step;
  while (calls < maxCalls && (atLeft > top || atRight > top)) {
    reach *= 2;
    if (atRight > top) {
      left = middle;
      atLeft = top;
      middle = right;
      top = atRight;
      right = Math.min(high, middle + reach);
      atRight = right > middle ? call(right) : Number.NEGATIVE_INFINITY;
    } else {
      right = middle;
      atRight = top;
      middle = left;
      top = atLeft;
      left = Math.max(low, middle - reach);
      atLeft = left < middle ? call(left) : Number.NEGATIVE_INFINITY;
    }
  }
  while (calls < maxCalls && right - left > grain) {
    const rise = hidden(top - atLeft, middle - left, right - middle);
    const fall = hidden(top - atRight, right - middle, middle - left);
    if (Math.max(rise, fall) <= tolerance * Math.abs(top)) break;
    const intoRight = right - middle > middle - left;
    const at = intoRight ? middle + (1 - GOLDEN) * (right - middle) : middle - (1 - GOLDEN) * (middle - left);
    if (Math.abs(at - middle) < grain / 2) break;
    const found = call(at);
    if (found > top) {
      if (intoRight) {
        left = middle;
        atLeft = top;
      } else {
        right = middle;
        atRight = top;
      }
      middle = at;
      top = found;
    } else if (intoRight) {
      right = at;
      atRight = found;
    } else {
      left = at;
      atLeft = found;
    }
  }
  return { at: middle, height: top };
}

/** How far above the middle the chord from one side may lead on the other side. */
function hidden(rise: number, run: number, onward: number): number {
  if (onward <= 0) return 0;
  if (run <= 0) return Number.POSITIVE_INFINITY;
  return (rise / run) * onward;
}
