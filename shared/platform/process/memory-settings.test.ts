import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  MALLOC_SETTINGS,
  NODE_MEMORY_FLAGS,
  restartWithMemorySettings,
  type StartedProcess,
  withMallocSettings,
} from './memory-settings.ts';

function restarts(changes: Partial<StartedProcess>): unknown[][] {
  const calls: unknown[][] = [];
  restartWithMemorySettings({
    execPath: '/bin/node',
    execArgv: ['--enable-source-maps'],
    argv: ['/bin/node', 'arb.ts', 'run', '--seed', '7'],
    env: { HOME: 'x', UNSET: undefined },
    platform: 'linux',
    hasChannel: false,
    execve: (...call) => void calls.push(call),
    ...changes,
  });
  return calls;
}

test('a process started without the settings is replaced by itself with them, arguments and all', () => {
  expect(restarts({})).toEqual([
    [
      '/bin/node',
      ['/bin/node', ...NODE_MEMORY_FLAGS, '--enable-source-maps', 'arb.ts', 'run', '--seed', '7'],
      { ...MALLOC_SETTINGS, HOME: 'x' },
    ],
  ]);
});

test('once they are set it is left alone, so that it is replaced at most once', () => {
  const env = withMallocSettings({ HOME: 'x' });
  expect(restarts({ env, execArgv: [...NODE_MEMORY_FLAGS, '--enable-source-maps'] })).toEqual([]);
});

test('half of the settings are not enough: neither those of malloc alone nor the flags alone', () => {
  expect(restarts({ env: withMallocSettings({ HOME: 'x' }) })).toHaveLength(1);
  expect(restarts({ execArgv: NODE_MEMORY_FLAGS })).toHaveLength(1);
  expect(restarts({ env: withMallocSettings({}), execArgv: NODE_MEMORY_FLAGS.slice(1) })).toHaveLength(1);
});

test('it is left alone on another platform, with a channel to its parent, and without execve', () => {
  expect(restarts({ platform: 'darwin' })).toEqual([]);
  expect(restarts({ hasChannel: true })).toEqual([]);
  expect(restarts({ execve: undefined })).toEqual([]);
});

test('what an operator has set stays: of two flags of one name the last one counts', () => {
  const [[, argv]] = restarts({ execArgv: ['--heap-growing-percent=50'] }) as [[string, string[]]];
  expect(argv.indexOf('--heap-growing-percent=50')).toBeGreaterThan(
    argv.indexOf('--heap-growing-percent=20'),
  );
  expect(withMallocSettings({ MALLOC_ARENA_MAX: '1' })).toEqual({
    ...MALLOC_SETTINGS,
    MALLOC_ARENA_MAX: '1',
  });
});

test('the container is started with the same settings', () => {
  const script = readFileSync(new URL('../../../functions/entrypoint.sh', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(MALLOC_SETTINGS))
    expect(script).toContain(`export ${name}=${value}\n`);
  expect(script).toContain(`exec node ${NODE_MEMORY_FLAGS.join(' ')} functions/cli/arb.ts run `);
});
