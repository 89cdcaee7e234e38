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
}

/** Offset of node `node` (from 1) of the tree at `tree`. */
export function nodeOffset(tree: number, node: number): number {
  return tree + TREE_HEADER_BYTES + (node - 1) * ORDER_BYTES;
}

function readNumber(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true);
}

// The way down from the root: node, its black nodes so far, and its offset. Reused: reading is never nested.
const pathNode = new Uint32Array(MAX_HEIGHT);
const pathBlack = new Uint32Array(MAX_HEIGHT);

/**
 * One side in order of price and time, or the sentence that says why its tree is none: every link, color and the
 * order of keys is checked, so that no bytes can loop or lead the matching astray. Asks rise and bids fall.
 */
export function readSide(view: DataView, facts: MarketFacts, isBids: boolean): BookSide | string {
  const place: TreePlace = isBids ? facts.bids : facts.asks;
  const { offset: tree, capacity } = place;
  const seats = facts.traders.capacity;
  const size = readNumber(view, tree + 16);
  if (size > capacity) return 'more orders than there is room for';
  const count = size;
  const ticks = new Float64Array(count);
  const lots = new Float64Array(count);
  const lastSlot = new Float64Array(count);
  const lastTime = new Float64Array(count);
  const nodes = new Uint32Array(count);
  const side: BookSide = { count, ticks, lots, lastSlot, lastTime, node: nodes };

  const first = tree + TREE_HEADER_BYTES - ORDER_BYTES;
  let child = view.getUint32(tree, true);
  let parent = 0;
  let parentIsRed = true;
  let black = 0;
  let leafBlack = -1;
  let depth = 0;
  let read = 0;
  for (;;) {
    if (child !== 0) {
      if (child > capacity || depth === MAX_HEIGHT) return 'a link leads out of the tree';
      const at = first + child * ORDER_BYTES;
      if (view.getUint32(at + PARENT, true) !== parent) return 'two nodes claim one child';
      const color = view.getUint32(at + COLOR, true);
      // A red root counts as red below red.
      if (color > RED || (color === RED && parentIsRed)) return 'colors out of order';
      parentIsRed = color === RED;
      if (!parentIsRed) black++;
      pathNode[depth] = child;
      pathBlack[depth] = black;
      depth++;
      parent = child;
      child = view.getUint32(at + LEFT, true);
      continue;
    }
    if (leafBlack === -1) leafBlack = black;
    else if (leafBlack !== black) return 'branches of unequal height';
    if (depth === 0) break;
    depth--;
    const node = pathNode[depth]!;
    const at = first + node * ORDER_BYTES;
    if (read === count) return 'more orders than the tree counts';
    ticks[read] = readNumber(view, at + TICKS);
    lots[read] = readNumber(view, at + LOTS);
    lastSlot[read] = readNumber(view, at + LAST_SLOT);
    lastTime[read] = readNumber(view, at + LAST_TIME);
    nodes[read] = node;
    const trader = view.getUint32(at + TRADER, true);
    if (trader === 0 || trader > seats || view.getUint32(at + TRADER + 4, true) !== 0) {
      return 'an order of no seat';
    }
    if (view.getUint32(at + SEQUENCE + 4, true) >= 0x8000_0000 !== isBids)
      return 'an order on the wrong side';
    if (read > 0 && !follows(view, first, nodes[read - 1]!, node, isBids)) return 'orders out of order';
    read++;
    parent = node;
    black = pathBlack[depth]!;
    parentIsRed = view.getUint32(at + COLOR, true) === RED;
    child = view.getUint32(at + RIGHT, true);
  }
  return read === count ? side : 'fewer orders than the tree counts';
}

/** Whether the key of node `b` stands after that of node `a`: asks rise in price and sequence, bids fall in both. */
function follows(view: DataView, first: number, a: number, b: number, isBids: boolean): boolean {
  const lower = first + (isBids ? b : a) * ORDER_BYTES;
  const upper = first + (isBids ? a : b) * ORDER_BYTES;
  for (const part of KEY_WORDS) {
    const below = view.getUint32(lower + part, true);
    const above = view.getUint32(upper + part, true);
    if (below !== above) return below < above;
  }
  return false;
}

/** The words of a key from the most telling on. */
const KEY_WORDS = [TICKS + 4, TICKS, SEQUENCE + 4, SEQUENCE] as const;

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
    node: side.node.subarray(gone),
  };
}
