import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../core/names.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Holds a `node` that prints what it is asked to run, one word a line. */
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entrypoint-'));
  writeFileSync(join(folder, 'node'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  chmodSync(join(folder, 'node'), 0o755);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function start(env: Readonly<Record<string, string>>, ...args: string[]) {
  const result = spawnSync('sh', ['functions/entrypoint.sh', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}`, ...env },
  });
  return { code: result.status, command: result.stdout.trim().split('\n'), complaint: result.stderr };
}

describe('the entry point of the container', () => {
  it('starts the streamer on every address and on the port that Cloud Run chose, and passes arguments on', () => {
    const { code, command } = start({ FUNCTION_TARGET: 'streamer', PORT: '9000' }, '--seed', '7');
    const address = ['--host', '0.0.0.0', '--port', '9000'];
    expect(command).toEqual([
      '--max-semi-space-size=8',
      '--heap-growing-percent=20',
      'functions/cli/arb.ts',
      'run',
      ...address,
      '--seed',
      '7',
    ]);
    expect(code).toBe(0);
  });

  it.each(Object.values(SERVICES))('knows the deployable %s', (target) => {
    expect(start({ FUNCTION_TARGET: target })).toMatchObject({ code: 0, complaint: '' });
  });

  it.each([{}, { FUNCTION_TARGET: 'nothing' }])('refuses %j by name', (env) => {
    const { code, complaint } = start(env);
    expect(code).toBe(64);
    expect(complaint).toMatch(/FUNCTION_TARGET is "(nothing)?"; it must be: streamer/);
  });
});

describe('the container image', () => {
  it('ends as an unprivileged user and installs neither the workspace nor development packages', () => {
    const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n');
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
    const install = lines.find((line) => line.startsWith('RUN npm ci'));
    for (const flag of ['--omit=dev', '--omit=optional', '--workspaces=false'])
      expect(install).toContain(flag);
  });
});
