import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('./arb.cjs', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url));

interface Manifest {
  readonly bin: { readonly arb: string };
  readonly scripts: { readonly start: string; readonly arb: string };
  readonly engines: { readonly node: string };
}

const ARB = fileURLToPath(new URL('./arb.ts', import.meta.url));

async function run(args: readonly string[], before: readonly string[] = [ARB]) {
  const child = spawn(process.execPath, [...before, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH },
  });
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
  it('is started by a launcher that a shell can start and any Node can read, whose mode npm leaves as it is', () => {
    const text = readFileSync(LAUNCHER, 'utf8');
    expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(text).not.toMatch(/\?\.|\?\?|#[a-z]/);
    expect(statSync(LAUNCHER).mode & 0o777).toBe(0o755);
    const { bin, scripts, engines } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as Manifest;
    expect(bin.arb).toBe('functions/cli/arb.cjs');
    expect([scripts.start, scripts.arb]).toEqual([
      'exec node functions/cli/arb.cjs run',
      'exec node functions/cli/arb.cjs',
    ]);
    expect(engines.node).toBe('>=24');
  });

  it('says which Node it needs and which it was given, before anything else fails', async () => {
    const old = `Object.defineProperty(process, 'versions', {value: {...process.versions, node: '20.11.1'}});`;
    const script = `${old} process.argv.splice(1, 0, 'arb'); require(${JSON.stringify(LAUNCHER)})`;
    const { code, stdout, stderr } = await run(['-e', script], []);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^arb needs Node 24; this is 20\.11\.1 /);
    expect(stderr).not.toContain('    at ');
    const now = await run(['--version'], [LAUNCHER]);
    expect([now.code, now.stderr]).toEqual([0, '']);
  });

  it('makes files that are its user’s alone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'arb-modes-'));
    const out = join(dir, 'tape');
    const { code } = await run(['record', '--simulated-time', '--duration', '1', '--out', out]);
    expect(code).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(out)) expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
    rmSync(dir, { recursive: true });
  }, 120_000);

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
