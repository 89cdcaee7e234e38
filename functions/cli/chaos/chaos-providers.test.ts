import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../shared/core/random.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { PROVIDER_ROWS } from '../../../shared/sim/providers/rows.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';
import type { ProviderRowRun } from './chaos-providers.ts';
import { dealRows, type ProviderChaosReport, providerChaosReport } from './chaos-providers-report.ts';

async function chaos(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTty: false,
    columns: 80,
    write: (text) => {
      written[name] += text;
    },
    line: (text) => {
      written[name] += `${text}\n`;
    },
  });
  const code = await main(['chaos', 'providers', ...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: '/nowhere',
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

describe('arb chaos providers', () => {
  test('goes through rows of the table, each whole within its bound and told on the page', async () => {
    const rows = ['quota-32005', 'endless', 'jupiter-key'];
    const { code, stdout, stderr } = await chaos('--seeds', '1', '--rows', rows.join(), '--json');
    const report = JSON.parse(stdout) as ProviderChaosReport;
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ ok: true, rows: 3, whole: 3, staleDecisions: 0, falseDecisions: 0 });
    expect(report).toMatchObject({ readyInVain: 0, unsaid: 0 });
    const told = new Map(report.runs[0]!.rows.map((row) => [row.row, row]));
    expect([...told.keys()].sort()).toEqual([...rows].sort());
    expect(told.get('quota-32005')).toMatchObject({ said: true });
    for (const row of told.values()) {
      expect(row.looks).toBeGreaterThan(3);
      expect(row.requests).toBeGreaterThan(0);
    }
    expect(stderr.trim().split('\n')).toHaveLength(3);
    expect(code).toBe(0);
  }, 90_000);

  test('refuses rows that are none, and to try nothing', async () => {
    const unknown = await chaos('--rows', 'nothing');
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--rows nothing: .*quota-32005/),
    });
    expect(await chaos('--seeds', '0')).toMatchObject({ code: 2 });
    expect(await chaos('--seconds', '3')).toMatchObject({ code: 2 });
  });
});

describe('what the seeds are dealt', () => {
  test.each([1, 3, 20])('is the whole table, evenly, among %i', (seeds) => {
    const dealt = dealRows(PROVIDER_ROWS, seeds, createRandom('deal'));
    expect(dealt).toHaveLength(seeds);
    const counts = new Map<string, number>();
    for (const { name } of dealt.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
    expect(counts.size).toBe(PROVIDER_ROWS.length);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });
});

describe('the report', () => {
  const fine: ProviderRowRun = {
    row: 'x',
    does: 'y',
    whole: true,
    wholeAfterMs: 5,
    problem: '',
    decisions: 3,
    staleDecisions: 0,
    falseDecisions: 0,
    looks: 9,
    readyInVain: 0,
    quarantined: 0,
    requests: 1,
    handshakes: 0,
    said: undefined,
  };

  test.each<[string, Partial<ProviderRowRun>]>([
    ['a row is not whole in time', { whole: false, problem: 'feed down' }],
    ['a decision was stale', { staleDecisions: 1 }],
    ['a decision was false', { falseDecisions: 1 }],
    ['it was ready in vain', { readyInVain: 1 }],
    ['an honest endpoint was called a liar', { quarantined: 1 }],
    ['the page did not say it', { said: false }],
  ])('is no when %s', (_, change) => {
    const report = (row: ProviderRowRun) =>
      providerChaosReport([{ seed: 1, rows: [fine, row], peakRssBytes: 1 }]);
    expect(report(fine).ok).toBe(true);
    expect(report({ ...fine, ...change })).toMatchObject({ ok: false, failures: [expect.any(String)] });
    expect(providerChaosReport([]).ok).toBe(false);
  });
});
