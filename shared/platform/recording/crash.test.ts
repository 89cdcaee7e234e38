import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { inDirectory, printOf, readAll, sampleEvents } from './test-recording.ts';

const CHILD = fileURLToPath(new URL('./test-recording-child.ts', import.meta.url));

/** More than a header, less than a block. */
const BLOCK_BYTES = 10_000;

const bytesIn = (dir: string): number =>
  readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);

describe('a recording whose process is killed', () => {
  it.each([1, 2, 3])(
    'reads up to its last whole frame, and nothing is missing before it (seed %i)',
    async (seed) => {
      await inDirectory(async (dir) => {
        const child = fork(CHILD, [dir, String(seed)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
        const exited = once(child, 'exit');
        await once(child, 'message');
        // A block at least: on a busy machine the first one takes its time.
        while (bytesIn(dir) < BLOCK_BYTES) await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => setTimeout(resolve, 200 + createRandom(seed).below(900)));
        child.kill('SIGKILL');
        await exited;

        const { events, numbers, others } = await readAll(dir);
        expect(events.length).toBeGreaterThan(0);
        expect(numbers.at(-1)).toBe(events.length);
        const prints = sampleEvents(seed, 2_000).map(printOf);
        expect(events.findIndex((event, i) => event !== prints[i % prints.length])).toBe(-1);
        // Finished segments end with their block; the last one has none, and at most its very end is torn.
        const torn = others.filter((piece) => piece.kind === 'damage');
        expect(torn.every(({ damage }) => damage.torn)).toBe(true);
        expect(torn.length).toBeLessThanOrEqual(1);
        expect(others.some((piece) => piece.kind === 'gap' || (piece.kind === 'end' && piece.end.last))).toBe(
          false,
        );
      });
    },
    30_000,
  );
});
