import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { blameOf, ERROR_CODES, errorCodeOf } from './error-codes.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('every code stands in the table once and in order, and is one that something throws', () => {
  const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && !/(\.test|\.bench|error-codes)\.ts$/.test(path))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n');
  const all: string[] = [];
  for (const codes of Object.values(ERROR_CODES)) {
    expect(codes).toEqual([...codes].sort());
    all.push(...codes);
  }
  expect(new Set(all).size).toBe(all.length);
  const unused = all.filter((code) => code !== 'unlisted' && !sources.includes(`'${code}'`));
  expect(unused).toEqual([]);
});

test('a code that came as text is one of the table, or said to be none', () => {
  expect(errorCodeOf('store-full')).toBe('store-full');
  expect(errorCodeOf('no-such-code')).toBe('unlisted');
  expect([blameOf('store-full'), blameOf('usage-soak'), blameOf('unlisted')]).toEqual([
    'environment',
    'usage',
    'internal',
  ]);
});
