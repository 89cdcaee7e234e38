import type { Figure } from './run.ts';

/** The figures as a table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, p50, p99, baseline, ratio }) => [
    name,
    `${value.toLocaleString('en')} ${unit}`,
    p50 === undefined ? '' : `p50 ${p50} us`,
    p99 === undefined ? '' : `p99 ${p99} us`,
    baseline === undefined ? '' : `${ratio}x ${baseline.name} (${baseline.value.toLocaleString('en')})`,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join('');
}
