import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const NOW = Date.UTC(2026, 10, 30);

it.each([
  ['3', 3_000],
  [' 0.25 ', 250],
  ['999999999', 3_600_000],
  [new Date(NOW + 7_000).toUTCString(), 7_000],
  [new Date(NOW - 7_000).toUTCString(), 0],
  ['soon', undefined],
  ['-4', undefined],
  ['', undefined],
  [undefined, undefined],
  [['1', '2'], undefined],
])('reads Retry-After %o as %o ms', (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});
