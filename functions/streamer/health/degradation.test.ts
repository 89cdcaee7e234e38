import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createDegradation,
  DEPENDENCIES,
  type DependencyId,
  type DependencyState,
  degradationTable,
} from './degradation.ts';

function given(states: Partial<Record<DependencyId, DependencyState>>) {
  const probe = (id: DependencyId) => () => ({ state: states[id] ?? 'up', reason: 'because' });
  const probes = Object.fromEntries(DEPENDENCIES.map(({ id }) => [id, probe(id)]));
  return createDegradation(probes as Parameters<typeof createDegradation>[0]);
}

describe('degradation', () => {
  it('stands in the README as it stands in the code', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [, section = ''] = readme.split('## When something is down');
    const lines = section.split('\n## ')[0]!.split('\n');
    const rows = lines.filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line));
    const cells = rows.map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual(degradationTable());
  });

  it('switches off what a row names, and nothing else', () => {
    const degradation = given({ jupiter: 'down' });
    expect(degradation.allows('quote-comparison')).toBe(false);
    expect(degradation.allows('fallback-prices')).toBe(false);
    expect(degradation.allows('fee-estimates')).toBe(true);
    expect(degradation.allows('trading')).toBe(true);
    expect(degradation.summary()).toMatch(/^Jupiter down, off: quotes compared with Jupiter’s, /);
  });

  it('lets the next call through that tells whether an API is back, and still says that it is down', () => {
    const degradation = given({ helius: 'trying' });
    expect(degradation.allows('fee-estimates')).toBe(true);
    expect(degradation.summary()).toMatch(/^Helius down/);
  });

  it('takes what is not configured for nothing that is missing', () => {
    const degradation = given({ jupiter: 'unused', helius: 'unused' });
    expect(degradation.summary()).toBe('');
  });

  it('stops trading only with every WebSocket', () => {
    const stops = DEPENDENCIES.filter(({ id }) => !given({ [id]: 'down' }).allows('trading'));
    expect(stops.map(({ id }) => id)).toEqual(['websockets']);
  });
});
