import { mayBeLookedUp } from './compile-v0.ts';
import type { MessageParts } from './compiled-message.ts';
import type { LookupTable } from './lookup-table.ts';
import { keysOf } from './message-keys.ts';

/** A look-up costs an index where an address stood. */
const SAVED_BYTES = 32 - 1;
/** A table costs its own address and two counts. */
const TABLE_BYTES = 32 + 2;
/** Of the tables that save anything, so many of those that save most are weighed against each other. */
const MOST_WEIGHED = 12;
/** More than so many in one message never pay: what a route names fits into fewer. */
const MOST_USED = 4;

/** A table, and which of the message's keys it has: a bit each, in words of 32. */
interface Candidate {
  readonly table: LookupTable;
  readonly covers: readonly number[];
  readonly count: number;
}

/** The tables over which the message is shortest; none where no table makes it shorter. */
export function chooseTables(
  { payer, instructions }: MessageParts,
  tables: readonly LookupTable[],
): readonly LookupTable[] {
  if (tables.length === 0) return [];
  const wanted = keysOf(payer, instructions).filter(mayBeLookedUp);
  const words = Math.ceil(wanted.length / 32);
  const candidates: Candidate[] = [];
  for (const table of tables) {
    const covers = new Array<number>(words).fill(0);
    let count = 0;
    wanted.forEach(({ address }, i) => {
      if (!table.indexes.has(address)) return;
      covers[i >> 5]! |= 1 << (i & 31);
      count += 1;
    });
    if (count * SAVED_BYTES > TABLE_BYTES) candidates.push({ table, covers, count });
  }
  candidates.sort((a, b) => b.count - a.count);
  candidates.length = Math.min(candidates.length, MOST_WEIGHED);

  let best: readonly Candidate[] = [];
  let bestSaved = 0;
  const weigh = (
    from: number,
    chosen: readonly Candidate[],
    covered: readonly number[],
    saved: number,
  ): void => {
    if (saved > bestSaved) {
      best = chosen;
      bestSaved = saved;
    }
    if (chosen.length === MOST_USED) return;
    for (let i = from; i < candidates.length; i++) {
      const { covers } = candidates[i]!;
      const fresh = covers.reduce((sum, word, w) => sum + bits(word & ~covered[w]!), 0);
      const more = fresh * SAVED_BYTES - TABLE_BYTES;
      if (more <= 0) continue;
      weigh(
        i + 1,
        [...chosen, candidates[i]!],
        covers.map((word, w) => word | covered[w]!),
        saved + more,
      );
    }
  };
  weigh(0, [], new Array<number>(words).fill(0), 0);
  return best.map(({ table }) => table);
}

function bits(word: number): number {
  let rest = word;
  let count = 0;
  while (rest !== 0) {
    rest &= rest - 1;
    count += 1;
  }
  return count;
}
