import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { percentile } from './harness.ts';

/** Few enough that what they leave behind does not fill the young generation, which would start a collection. */
const TURNS = 5_000;
const SAMPLES = 9;
const WARM_UP_TURNS = 200_000;

/**
 * Bytes that one turn of `loop` leaves on the heap: the median of samples of 5,000 turns after a warm-up, each begun
 * with a full collection. Throws when so much is left that no sample escaped a collection.
 */
export function allocatedPerTurn(loop: (turns: number) => void): number {
  // The flag alone does not reach contexts that stand already.
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  // Warmed up in the same steps as it is measured, so that the compiled code is the one that gets measured.
  for (let i = 0; i < WARM_UP_TURNS; i += TURNS) loop(TURNS);
  const deltas: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    collect();
    const before = getHeapStatistics().used_heap_size;
    loop(TURNS);
    const delta = getHeapStatistics().used_heap_size - before;
    if (delta >= 0) deltas.push(delta / TURNS);
  }
  if (deltas.length === 0) throw new Error('every sample was collected: the turns leave too much behind');
  return percentile(deltas, 0.5);
}
