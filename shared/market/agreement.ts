/** What one pool says a mint is worth, and how much can be had at that. */
export interface Voice {
  /** Natural logarithm of the price. */
  readonly logPrice: number;
  /**
   * The geometric mean of what can be had on either side near the price, base units. It depends on no price, and a
   * pool at a thousand times the price of the others needs some thirty times their money to weigh as much.
   */
  readonly weight: number;
  /** False: the pool is known and cannot be asked now. Its weight is missed, its price does not count. */
  readonly votes: boolean;
}

/** What the pools agree on. */
export interface Agreed {
  readonly logPrice: number;
  /** Of the voices that agree, together. */
  readonly weight: number;
}

/** Voices within a quarter of the middle one agree: gaps are what we trade on, and a wrong price is wrong by far more. */
const MAX_DEVIATION = Math.log(1.25);
/** Share of all the depth known that must agree. */
const MIN_SHARE = 2 / 3;

/**
 * The price that the depth agrees on: the median by depth, where at least two thirds of all depth known (also of pools
 * that cannot be asked now) stand within a quarter of it; undefined otherwise. One voice alone agrees with itself: the
 * caller demands depth of it. Sorts `voices` in place.
 */
export function agree(voices: Voice[]): Agreed | undefined {
  let known = 0;
  let voting = 0;
  for (const { weight, votes } of voices) {
    known += weight;
    if (votes) voting += weight;
  }
  if (!(voting > 0 && voting >= known * MIN_SHARE)) return undefined;
  sortByPrice(voices);
  let below = 0;
  let middle = Number.NaN;
  for (const { logPrice, weight, votes } of voices) {
    if (!votes) continue;
    below += weight;
    if (below * 2 < voting) continue;
    middle = logPrice;
    break;
  }
  let agreeing = 0;
  for (const { logPrice, weight, votes } of voices)
    if (votes && Math.abs(logPrice - middle) <= MAX_DEVIATION) agreeing += weight;
  return agreeing >= known * MIN_SHARE ? { logPrice: middle, weight: agreeing } : undefined;
}

/** By insertion: between two calls few of them have changed places. */
function sortByPrice(voices: Voice[]): void {
  for (let i = 1; i < voices.length; i++) {
    const voice = voices[i]!;
    let at = i - 1;
    while (at >= 0 && voices[at]!.logPrice > voice.logPrice) {
      voices[at + 1] = voices[at]!;
      at -= 1;
    }
    voices[at + 1] = voice;
  }
}
