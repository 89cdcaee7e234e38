import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { localTraces, trackedFiles } from './tracked-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = trackedFiles(root).filter((path) => existsSync(join(root, path)));
const BINARY = /\.(png|jpg|ico|woff2|db)$/;

describe('the repository', () => {
  it('is seen as a whole', () => {
    expect(files).toContain('package.json');
    expect(files).toContain('shared/core/names.ts');
    expect(files.some((path) => path.includes('node_modules/'))).toBe(false);
  });

  it('names no folder of one machine and no package registry', () => {
    const found = files
      .filter((path) => !BINARY.test(path))
      .flatMap((path) =>
        localTraces(readFileSync(join(root, path), 'utf8')).map((trace) => `${path}:${trace}`),
      );
    expect(found).toEqual([]);
  });

  it.each(['functions', 'shared'])('tells every folder of %s in its README', (top) => {
    const readme = readFileSync(join(root, top, 'README.md'), 'utf8');
    const folders = files.filter((path) => path.startsWith(`${top}/`)).map((path) => path.split('/'));
    const names = new Set(folders.filter((parts) => parts.length > 2).map((parts) => parts[1]));
    expect([...names].filter((name) => !readme.includes(`\`${name}/\``))).toEqual([]);
  });

  it('has every source file that a README names, seen from its folder or from the root', () => {
    const all = new Set(files);
    const missing = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...readFileSync(join(root, path), 'utf8').matchAll(/`([\w./-]+\.(?:ts|js|cjs))`/g)]
          .map(([, named]) => named!)
          .filter((named) => !all.has(posix.join(posix.dirname(path), named)) && !all.has(named))
          .map((named) => `${path}: ${named}`),
      );
    expect(missing).toEqual([]);
  });
});

describe('the checks', () => {
  it('find folders of one machine and registries, and leave addresses of the program alone', () => {
    const home = ['', 'home', 'someone', 'project'].join('/');
    const host = ['registry', 'example', 'org'].join('.');
    expect(localTraces(`fine\ncd ${home}\nhttps://${host}/x`)).toEqual([
      `2: cd ${home}`,
      `3: https://${host}/x`,
    ]);
    expect(localTraces("import './registry.ts';\n/var/lib/arb\n/workspace/image-digest")).toEqual([]);
  });

  it('see the files of a source archive, where there is no git', () => {
    const archive = mkdtempSync(join(tmpdir(), 'tracked-files-'));
    try {
      mkdirSync(join(archive, 'node_modules', 'a'), { recursive: true });
      writeFileSync(join(archive, 'node_modules', 'a', 'index.js'), '');
      writeFileSync(join(archive, 'README.md'), '');
      expect(trackedFiles(archive)).toEqual(['README.md']);
    } finally {
      rmSync(archive, { recursive: true });
    }
  });
});
