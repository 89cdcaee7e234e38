import { type MarketFacts, ORDER_BYTES, TREE_HEADER_BYTES, type TreePlace } from './layout.ts';

/** Where an order's parts lie in its node. */
export const LEFT = 0;
export const RIGHT = 4;
export const PARENT = 8;
export const COLOR = 12;
export const TICKS = 16;
export const SEQUENCE = 24;
export const TRADER = 32;
export const LOTS = 40;
export const LAST_SLOT = 48;
export const LAST_TIME = 56;

export const RED = 1;

const HIGH = 4_294_967_296;
/** A tree of 4,096 orders is at most 24 nodes high. */
const MAX_HEIGHT = 32;

/**
 * One side of the book, best order first; one array a column, for they are read in every quote. Figures are whole
 * numbers, exact below 2^53; a larger one is rounded and never reached by a fill (see `fill.ts`). Expired orders are
 * among them: what has expired depends on the clock. Never changed once made.
 */
export interface BookSide {
  readonly count: number;
  readonly ticks: Float64Array;
  readonly lots: Float64Array;
  /** 0: never expires by slot, or by unix seconds. */
  readonly lastSlot: Float64Array;
  readonly lastTime: Float64Array;
  /** The order's node in its tree, from 1. */
  readonly node: Uint32Array;
  /** Whether any of the orders expires: of most books none does. */
  readonly expires: boolean;
}

/** Offset of node `node` (from 1) of the tree at `tree`. */
export function nodeOffset(tree: number, node: number): number {
  return tree + TREE_HEADER_BYTES + (node - 1) * ORDER_BYTES;
}

// The way down from the root: node and its black nodes so far, negative for a red one. Reused: reading is never nested.
const pathNode = new Uint32Array(MAX_HEIGHT);
const pathBlack = new Int32Array(MAX_HEIGHT);

/** A market's bytes as 32-bit words: over twice as fast to read as through a view, in `apply` of a full book. */
export function wordsOf(data: Uint8Array): Uint32Array {
  // A copy of its own where the bytes stand askew: `slice` of a Buffer would stand where they do.
  const aligned = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}

/**
 * One side in order of price and time, or the sentence that says why its tree is none: every link, color and the
 * order of keys is checked, so that no bytes can loop or lead the matching astray. Asks rise and bids fall.
 */
export function readSide(words: Uint32Array, facts: MarketFacts, isBids: boolean): BookSide | string {
  const place: TreePlace = isBids ? facts.bids : facts.asks;
  const { capacity } = place;
  const tree = place.offset >> 2;
  const seats = facts.traders.capacity;
  // Nodes from the bump index on were never used.
  const lastNode = Math.min(capacity, words[tree + 6]! - 1);
  const count = words[tree + 4]!;
  if (count > capacity || words[tree + 5] !== 0) return 'more orders than there is room for';
  // One buffer for all columns: each of its own costs a microsecond.
  const columns = new ArrayBuffer(count * (4 * 8 + 4));
  const ticks = new Float64Array(columns, 0, count);
  const lots = new Float64Array(columns, count * 8, count);
  const lastSlot = new Float64Array(columns, count * 16, count);
  const lastTime = new Float64Array(columns, count * 24, count);
  const nodes = new Uint32Array(columns, count * 32, count);

  const first = tree + ((TREE_HEADER_BYTES - ORDER_BYTES) >> 2);
  let child = words[tree]!;
  let parent = 0;
  let parentIsRed = true;
  let black = 0;
  let leafBlack = -1;
  let depth = 0;
  let read = 0;
  let expiry = 0;
  for (;;) {
    if (child !== 0) {
      if (child > lastNode || depth === MAX_HEIGHT) return 'a link leads out of the tree';
      const at = first + child * ORDER_WORDS;
      if (words[at + PARENT_WORD] !== parent) return 'two nodes claim one child';
      const color = words[at + COLOR_WORD]!;
      // A red root counts as red below red.
      if (color > RED || (color === RED && parentIsRed)) return 'colors out of order';
      parentIsRed = color === RED;
      if (!parentIsRed) black++;
      pathNode[depth] = child;
      pathBlack[depth] = parentIsRed ? -black : black;
      depth++;
      parent = child;
      child = words[at]!;
      continue;
    }
    if (leafBlack === -1) leafBlack = black;
    else if (leafBlack !== black) return 'branches of unequal height';
    if (depth === 0) break;
    depth--;
    const node = pathNode[depth]!;
    const at = first + node * ORDER_WORDS;
    if (read === count) return 'more orders than the tree counts';
    const price = words[at + 5]! * HIGH + words[at + 4]!;
    ticks[read] = price;
    lots[read] = words[at + 11]! * HIGH + words[at + 10]!;
    lastSlot[read] = words[at + 13]! * HIGH + words[at + 12]!;
    lastTime[read] = words[at + 15]! * HIGH + words[at + 14]!;
    nodes[read] = node;
    expiry |= words[at + 12]! | words[at + 13]! | words[at + 14]! | words[at + 15]!;
    const trader = words[at + 8]!;
    if (trader === 0 || trader > seats || words[at + 9] !== 0) return 'an order of no seat';
    if (words[at + 7]! >= 0x8000_0000 !== isBids) return 'an order on the wrong side';
    if (read > 0) {
      const last = ticks[read - 1]!;
      // Where doubles tell two prices apart they stand as the whole numbers do.
      const inOrder =
        price === last
          ? follows(words, first + nodes[read - 1]! * ORDER_WORDS, at, isBids)
          : price < last === isBids;
      if (!inOrder) return 'orders out of order';
    }
    read++;
    parent = node;
    parentIsRed = pathBlack[depth]! <= 0;
    black = Math.abs(pathBlack[depth]!);
    child = words[at + 1]!;
  }
  if (read !== count) return 'fewer orders than the tree counts';
  return { count, ticks, lots, lastSlot, lastTime, node: nodes, expires: expiry !== 0 };
}

/** Whether the key at `b` stands after that at `a`: asks rise in price and sequence, bids fall in both. */
function follows(words: Uint32Array, a: number, b: number, isBids: boolean): boolean {
  for (const part of KEY_WORDS) {
    const before = words[a + part]!;
    const after = words[b + part]!;
    if (before !== after) return before < after !== isBids;
  }
  return false;
}

const ORDER_WORDS = ORDER_BYTES >> 2;
const PARENT_WORD = PARENT >> 2;
const COLOR_WORD = COLOR >> 2;
/** The words of a key from the most telling on. */
const KEY_WORDS = [(TICKS >> 2) + 1, TICKS >> 2, (SEQUENCE >> 2) + 1, SEQUENCE >> 2] as const;

/** True when the order may no longer be filled (program: `FIFORestingOrder::is_expired`). */
export function isExpired(side: BookSide, at: number, slot: number, unixTimestamp: number): boolean {
  const lastSlot = side.lastSlot[at]!;
  if (lastSlot !== 0 && lastSlot < slot) return true;
  const lastTime = side.lastTime[at]!;
  return lastTime !== 0 && lastTime < unixTimestamp;
}

/** The side without its first `gone` orders; the first left then holds `lotsLeft`, unless that is undefined. */
export function withoutFirst(side: BookSide, gone: number, lotsLeft: number | undefined): BookSide {
  if (gone === 0 && lotsLeft === undefined) return side;
  const lots = side.lots.slice(gone, side.count);
  if (lotsLeft !== undefined) lots[0] = lotsLeft;
  return {
    count: side.count - gone,
    ticks: side.ticks.subarray(gone),
    lots,
    lastSlot: side.lastSlot.subarray(gone),
    lastTime: side.lastTime.subarray(gone),
    expires: side.expires,
    node: side.node.subarray(gone),
  };
}
