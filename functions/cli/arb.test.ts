import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ARB = fileURLToPath(new URL('./arb.ts', import.meta.url));

async function run(args: readonly string[]) {
  const child = spawn(process.execPath, [ARB, ...args], { cwd: tmpdir(), env: { PATH: process.env.PATH } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += String(data);
  });
  child.stderr.on('data', (data) => {
    stderr += String(data);
  });
  const [code] = await once(child, 'close');
  return { code: code as number, stdout, stderr };
}

describe('the arb process', () => {
  it('begins with a line that lets a shell start it', () => {
    expect(readFileSync(ARB, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('answers on stdout with code 0, complains on stderr with its code', async () => {
    const good = await run(['config', '--json']);
    expect([good.code, good.stderr]).toEqual([0, '']);
    expect(JSON.parse(good.stdout)).toHaveProperty('seed');
    const bad = await run(['config', '--prot', '1']);
    expect([bad.code, bad.stdout]).toEqual([2, '']);
    expect(bad.stderr).toMatch(/^arb: arb config has no flag --prot; did you mean --port\?/);
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('does not mind a reader that goes away', async () => {
    const child = spawn(process.execPath, [ARB, 'config', '--json'], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += String(data);
    });
    const [code] = await once(child, 'close');
    expect([code, stderr]).toEqual([0, '']);
  });
});
