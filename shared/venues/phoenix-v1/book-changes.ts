/** @hot What new bytes of a market mean for a side of the book that was read before. */
import { type BookSide, LOTS } from './book.ts';
import { ORDER_BYTES, TREE_HEADER_BYTES, type TreePlace } from './layout.ts';

const HIGH = 4_294_967_296;
/** Nodes that are compared in one call: few enough to go through word by word, many enough to make few calls. */
const CHUNK_NODES = 64;
const CHUNK_BYTES = CHUNK_NODES * ORDER_BYTES;
/** Beyond this many orders that changed it is as quick to read the whole tree. */
const MAX_CHANGED = 32;
const ORDER_WORDS = ORDER_BYTES >> 2;
const LOTS_WORD = LOTS >> 2;

const changed = new Uint32Array(MAX_CHANGED);

/** Both markets' bytes, and each as words (`wordsOf`). */
export interface MarketBytes {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
}

/**
 * The side as `after` has it, where it is known from what `before` had: the very side when its tree is the same, one
 * with other lots where orders were filled or reduced in part. Undefined where the tree itself has changed, so that it
 * must be read again. `side` must be what `before` was read as.
 */
export function sideAfter(
  before: MarketBytes,
  after: MarketBytes,
  place: TreePlace,
  side: BookSide,
): BookSide | undefined {
  const { offset, capacity } = place;
  const { words } = after;
  const used = Math.min(capacity, words[(offset >> 2) + 6]!);
  const nodes = offset + TREE_HEADER_BYTES;
  const end = nodes + used * ORDER_BYTES;
  if (sameBytes(before, after, offset, end)) return side;
  if (!sameBytes(before, after, offset, nodes)) return undefined;
  let count = 0;
  for (let from = nodes; from < end; from += CHUNK_BYTES) {
    const to = Math.min(from + CHUNK_BYTES, end);
    if (sameBytes(before, after, from, to)) continue;
    for (let word = from >> 2; word < to >> 2; word++) {
      if (before.words[word] === words[word]) continue;
      const inNode = (word - (nodes >> 2)) % ORDER_WORDS;
      if (inNode !== LOTS_WORD && inNode !== LOTS_WORD + 1) return undefined;
      const node = (word - (nodes >> 2) - inNode) / ORDER_WORDS + 1;
      if (count > 0 && changed[count - 1] === node) continue;
      if (count === MAX_CHANGED) return undefined;
      changed[count++] = node;
    }
  }
  const lots = side.lots.slice();
  for (let i = 0; i < count; i++) {
    const node = changed[i]!;
    const at = side.node.indexOf(node);
    if (at === -1) return undefined;
    const word = (nodes >> 2) + (node - 1) * ORDER_WORDS + LOTS_WORD;
    lots[at] = words[word + 1]! * HIGH + words[word]!;
  }
  return { ...side, lots };
}

function sameBytes(before: MarketBytes, after: MarketBytes, from: number, to: number): boolean {
  return before.bytes.compare(after.bytes, from, to, from, to) === 0;
}
