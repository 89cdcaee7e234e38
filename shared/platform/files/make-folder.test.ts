import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

const dir = mkdtempSync(join(tmpdir(), 'arb-folder-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('a folder', () => {
  it('is made with those above it, for its owner only, and stays when it is there', () => {
    const path = join(dir, 'a', 'b', 'c');
    makeFolder(path);
    makeFolder(path);
    makeFolder(`${path}/`);
    expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o700);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('through a link is the folder that it leads to; a file, a link to nowhere or a loop is refused', () => {
    makeFolder(join(dir, 'real'));
    symlinkSync(join(dir, 'real'), join(dir, 'link'));
    makeFolder(join(dir, 'link', 'inner'));
    writeFileSync(join(dir, 'file'), '');
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    symlinkSync(join(dir, 'loop'), join(dir, 'loop'));
    for (const name of ['file', 'file/inner', 'dangling', 'loop', 'loop/inner'])
      expect(() => makeFolder(join(dir, name))).toThrow(/EEXIST|ENOTDIR|ELOOP|ENOENT/);
  });

  it.skipIf(process.platform !== 'linux')(
    'that cannot be made where it is meant to is refused at once',
    () => {
      const module = fileURLToPath(new URL('./make-folder.ts', import.meta.url));
      const code = `import { makeFolder } from ${JSON.stringify(module)}; makeFolder('/proc/no/such');`;
      const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        timeout: 30_000,
        encoding: 'utf8',
      });
      expect([signal, stderr]).toEqual([null, expect.stringContaining('ENOENT')]);
    },
    40_000,
  );
});
