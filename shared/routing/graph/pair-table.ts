const LEAST_SIZE = 256;
const EMPTY = -1;

/**
 * @hot
 * The number of each ordered pair of mints, by the mints' numbers. Open addressing with a quarter to half of the places
 * taken: its size follows the pairs that exist. A square over all mints grows with their square, and its few pairs stand
 * so far apart that each look-up misses the cache.
 */
export class PairTable {
  #from = new Int32Array(LEAST_SIZE).fill(EMPTY);
  #to = new Int32Array(LEAST_SIZE);
  #pair = new Int32Array(LEAST_SIZE);
  #mask = LEAST_SIZE - 1;
  #count = 0;

  /** The pair's number, or -1. */
  get(from: number, to: number): number {
    let at = this.#placeOf(from, to);
    for (;;) {
      const known = this.#from[at]!;
      if (known === EMPTY) return EMPTY;
      if (known === from && this.#to[at] === to) return this.#pair[at]!;
      at = (at + 1) & this.#mask;
    }
  }

  /** Adds a pair that is not there yet. */
  add(from: number, to: number, pair: number): void {
    if (this.#count * 2 >= this.#from.length) this.#grow();
    this.#put(from, to, pair);
    this.#count += 1;
  }

  #put(from: number, to: number, pair: number): void {
    let at = this.#placeOf(from, to);
    while (this.#from[at] !== EMPTY) at = (at + 1) & this.#mask;
    this.#from[at] = from;
    this.#to[at] = to;
    this.#pair[at] = pair;
  }

  #placeOf(from: number, to: number): number {
    const mixed = Math.imul(from, 0x9e3779b1) ^ Math.imul(to + 1, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  #grow(): void {
    const [from, to, pair] = [this.#from, this.#to, this.#pair];
    const size = from.length * 2;
    this.#from = new Int32Array(size).fill(EMPTY);
    this.#to = new Int32Array(size);
    this.#pair = new Int32Array(size);
    this.#mask = size - 1;
    for (let at = 0; at < from.length; at++) if (from[at] !== EMPTY) this.#put(from[at]!, to[at]!, pair[at]!);
  }
}
