import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { createHarness, percentile, round } from './harness.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));

function run(...args: string[]) {
  return spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
}

it('takes the percentile that so many values do not exceed', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
  expect(round(123_456.7)).toBe(123_500);
});

it('counts the turns of a loop of known length', () => {
  // The clock is the loop's own: on a busy machine a real one would also count what others did meanwhile.
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  try {
    const harness = createHarness(() => {});
    const wait = (turns: number): void => {
      nowMs += turns * 0.5;
    };
    expect(harness.throughput(wait, { sampleMs: 20, samples: 5, warmUpMs: 20 })).toBe(2_000);
  } finally {
    clock.mockRestore();
  }
});

it('prints one JSON array on stdout and nothing else', () => {
  const { status, stdout } = run('decode.raydium-cpmm', '--json');
  expect(status).toBe(0);
  const figures = JSON.parse(stdout);
  expect(figures).toHaveLength(1);
  expect(figures[0]).toMatchObject({ name: 'decode.raydium-cpmm', unit: 'frames/s' });
  for (const field of ['value', 'p50', 'p99']) expect(figures[0][field]).toBeGreaterThan(0);
});

it('names the benchmarks there are when asked for one that is not, and exits with 2', () => {
  const { status, stdout, stderr } = run('no-such');
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/"no-such".*decode\.orca-whirlpool/);
  expect(run('--jsno').status).toBe(2);
});

it('lists names without measuring', () => {
  expect(run('quote', '--list').stdout).toMatch(/^quote\.orca-whirlpool \(quotes\/s\)$/m);
});
