import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from './log.ts';
import { limitLog } from './log-limit.ts';

let lines: Record<string, unknown>[];

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** A limited logger on the fake clock. */
function limitedLog() {
  const clock = { nowMs: () => Date.now(), monotonicMicros: () => performance.now() * 1_000 };
  const stream = { write: (text: string) => lines.push(JSON.parse(text) as Record<string, unknown>) };
  return limitLog({ log: createLogger({ stream, clock }), clock });
}

describe('a limited log', () => {
  it('writes the first line at once, and of a flood the newest of each second with how many others there were', () => {
    const log = limitedLog();
    for (let line = 0; line < 3_000; line++) {
      log.warning('stream.refused', { endpoint: 'a', line });
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(5_000);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(lines[0]).toMatchObject({ severity: 'WARNING', event: 'stream.refused', line: 0 });
    expect(lines[0]).not.toHaveProperty('suppressed');
    const told = lines.reduce((sum, { suppressed = 0 }) => sum + Number(suppressed) + 1, 0);
    expect([told, lines.at(-1)?.line]).toEqual([3_000, 2_999]);
  });

  it('holds no source back for another: other events, endpoints and severities', () => {
    const log = limitedLog();
    log.warning('stream.refused', { endpoint: 'a' });
    log.warning('stream.refused', { endpoint: 'b' });
    log.error('stream.refused', { endpoint: 'a' });
    log.warning('store.failed', { endpoint: 'a' });
    expect(lines).toHaveLength(4);
    vi.advanceTimersByTime(1_001);
    log.warning('stream.refused', { endpoint: 'a' });
    expect(lines).toHaveLength(5);
  });

  it('writes what waits when it is flushed, and once', () => {
    const log = limitedLog();
    for (const line of [1, 2, 3]) log.notice('x', { line });
    log.flush();
    expect(lines.map(({ line, suppressed }) => [line, suppressed])).toEqual([
      [1, undefined],
      [3, 1],
    ]);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(2);
  });

  it('keeps no more sources than a service has, whatever names come', () => {
    const log = limitedLog();
    for (let pool = 0; pool < 5_000; pool++) log.notice('pool.odd', { pool: `p${pool}` });
    expect(lines).toHaveLength(5_000);
    log.notice('pool.odd', { pool: 'p4999' });
    expect(lines).toHaveLength(5_000);
    log.notice('pool.odd', { pool: 'p0' });
    expect(lines).toHaveLength(5_001);
  });
});
