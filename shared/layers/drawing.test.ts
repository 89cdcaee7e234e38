import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readTree, type Tree } from './check.ts';
import { drawHouse, folderImports, PAGE, withDrawing, withoutImplied } from './drawing.ts';
import { LAYERS } from './rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function treeOf(sources: Readonly<Record<string, string>>): Tree {
  const none = new Set<string>();
  return {
    sources: new Map(Object.entries(sources)),
    declared: { production: none, development: none, infra: none },
  };
}

describe('the architecture page', () => {
  it('draws what imports what (npm run architecture draws it anew)', { timeout: 90_000 }, () => {
    const page = readFileSync(join(root, PAGE), 'utf8');
    const drawing = drawHouse(readTree(root));
    for (const layer of LAYERS) expect(drawing).toContain(`["${layer}"]`);
    expect(page).toBe(withDrawing(page, drawing));
  });
});

describe('the drawing', () => {
  const tree = treeOf({
    'shared/core/a.ts': '',
    'shared/math/a.ts': "import { a } from '../core/a.ts';\nimport type { b } from './b.ts';",
    'shared/market/a.ts': "import type { a } from '../core/a.ts';\nimport { b } from '../math/a.ts';",
    'shared/market/a.test.ts': "import { a } from '../sim/a.ts';",
    'shared/bench/a.ts': "import { a } from '../market/a.ts';",
    'functions/cli/a.ts': "const a = await import('../../shared/market/a.ts');",
  });

  it('has an arrow for each import between folders, tests and tools aside, that does not follow from others', () => {
    expect(drawHouse(tree).split('\n')).toEqual([
      '```mermaid',
      'flowchart TD',
      '  core["core"]',
      '  functions-cli["functions/cli"]',
      '  market["market"]',
      '  math["math"]',
      '  functions-cli --> market',
      '  market --> math',
      '  math --> core',
      '```',
    ]);
    expect([...(folderImports(tree).get('market') ?? [])]).toEqual(['core', 'math']);
  });

  it('refuses folders that import each other', () => {
    const circle = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['a'])],
    ]);
    expect(() => withoutImplied(circle)).toThrow('folders import each other: a -> b -> c -> a');
  });

  it('refuses a page without its marks', () => {
    expect(() => withDrawing('# A page', '')).toThrow(/lacks the marks/);
  });
});
