import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chainConstants, staleExceptions } from './chain-constants.ts';
import { trackedFiles } from './tracked-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = new Map(
  trackedFiles(root)
    .filter((path) => path.endsWith('.ts') && existsSync(join(root, path)))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')] as const),
);

describe('what the chain is', () => {
  it('is said in one file, and times are not said in slots', () => {
    const found = [...files].flatMap(([path, text]) =>
      chainConstants(path, text).map((constant) => `${path}: ${constant}`),
    );
    expect(found).toEqual([]);
  });

  it('has no exception that is not needed', () => {
    expect(staleExceptions(files)).toEqual([]);
  });

  it.each([
    ['shared/platform/a.ts', 'const MAX = 1_400_000;', ['1400000']],
    ['shared/platform/a.ts', 'const RENT = 2_039_280n;', ['2039280']],
    ['shared/venues/a.ts', 'if (bytes.length > 1232) return;', ['1232']],
    ['functions/streamer/a.ts', 'const REPEAT_SLOTS = 150;', ['REPEAT_SLOTS']],
    ['functions/streamer/a.ts', 'const SLOT_DISAGREEMENT_MAX = 150;', ['SLOT_DISAGREEMENT_MAX']],
    ['functions/streamer/a.ts', 'const SLOT_MICROS = 400_000;', ['400000', 'SLOT_MICROS']],
    ['functions/streamer/a.ts', '// 1_400_000 units\n/* 400_000 */ const A = 86_400_000; b[1_232_5];', []],
    ['shared/sim/a.ts', 'const KEPT_SLOTS = 300;', []],
    ['shared/core/chain-parameters.ts', 'slotMicros: 400_000', []],
  ])('is found in %s: %s', (path, text, found) => {
    expect(chainConstants(path, text)).toEqual(found);
  });
});
