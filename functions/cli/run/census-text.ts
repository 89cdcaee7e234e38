import { formatUnits } from '../../../shared/core/units.ts';
import type { BucketReport, CensusReport, GroupReport } from './census-report.ts';

const TOP_GROUPS = 10;

/** The report as tables for people. */
export function censusLines(report: CensusReport): readonly string[] {
  const { source, coverage, gaps, verdict } = report;
  const runs = source.runs === 1 ? '' : ` of ${source.runs} runs`;
  const seed = source.seed === undefined ? '' : `, seed ${source.seed}`;
  const missing = source.missingEvents === 0 ? '' : `; ${source.missingEvents} events are missing`;
  return [
    `${source.kind} ${source.names.join(', ')}${seed}: ${source.events} events${runs}${missing}`,
    `${coverage.slots} slots, ${coverage.usableSlots} usable (${coverage.usableSeconds} s, ${coverage.slotMs} ms each); unusable ${coverage.unusablePercent} %: ` +
      `${coverage.startingSlots} starting, ${coverage.lostSlots} feed lost, ${coverage.laggingSlots} lagging; ` +
      `${quotable(report)} of the pools quotable`,
    `${gaps.count} gaps opened, seen ${gaps.sightings} times; ${gaps.cutOff} with an end that was not seen; ` +
      `${gaps.standing} more stood there from the start (best net ${sol(gaps.standingBestLamports)} SOL) and count nowhere below`,
    '',
    'best net before tip, SOL',
    ...table(
      ['from', 'to', 'gaps', 'sum'],
      filled(report.sizes).map(({ from, to, count, bestLamports }) => [
        sol(from),
        to === null ? '' : sol(to),
        String(count),
        sol(bestLamports),
      ]),
    ),
    '',
    'lifetime: slot ends that a gap was still there at',
    ...table(
      ['slots', 'gaps', 'best net SOL'],
      filled(report.lifetimes).map((row) => [slotRange(row), String(row.count), sol(row.bestLamports)]),
    ),
    '',
    'net SOL of taking each gap once, as soon as it pays the tip (a higher tip waits for a larger gap):',
    ...valueTable(report),
    '',
    ...groupTable('pair', report.pairs),
    '',
    ...groupTable('venue', report.venues),
    '',
    ...groupTable('route', report.lengths),
    '',
    `${verdict.answer}: ${verdict.reasons[0] ?? ''}`,
    ...verdict.reasons.slice(1).map((reason) => `  - ${reason}`),
    'Every attempt is taken to be included; what others would have bid against it is in no recording.',
  ];
}

function quotable({ coverage: { quotablePoolSlots, poolSlots } }: CensusReport): string {
  return poolSlots === 0 ? '-' : `${((quotablePoolSlots * 100) / poolSlots).toFixed(1)} %`;
}

function filled(buckets: readonly BucketReport[]): readonly BucketReport[] {
  return buckets.filter(({ count }) => count > 0);
}

function slotRange({ from, to }: BucketReport): string {
  if (to === null) return `${from}+`;
  const last = Number(to) - 1;
  return last === Number(from) ? from : `${from}-${last}`;
}

function valueTable({ value }: CensusReport): readonly string[] {
  const tips = value[0]?.tips ?? [];
  const rows = value.flatMap(({ latencySlots, tips: cells }) => [
    [`${latencySlots}`, 'net', ...cells.map(({ netLamports }) => sol(netLamports))],
    ['', 'an hour', ...cells.map(({ netPerHourLamports }) => sol(netPerHourLamports))],
    ['', 'landed/reverted', ...cells.map(({ landed, reverted }) => `${landed}/${reverted}`)],
  ]);
  const heads = tips.map(({ tip, tipLamports }) =>
    tipLamports === null || tipLamports === '0' ? tip : `${tip} ${formatUnits(BigInt(tipLamports), 9)}`,
  );
  return table(['latency', 'tip', ...heads], rows);
}

function groupTable(title: string, groups: readonly GroupReport[]): readonly string[] {
  const shown = groups.slice(0, TOP_GROUPS);
  const left = groups.length - shown.length;
  return [
    ...table(
      [title, 'gaps', 'best net SOL', 'net SOL in the verdict’s case'],
      shown.map(({ name, gaps, bestLamports, netLamports }) => [
        name,
        String(gaps),
        sol(bestLamports),
        sol(netLamports),
      ]),
    ),
    ...(left > 0 ? [`  and ${left} more (--json has them all)`] : []),
  ];
}

/** Columns as wide as they need: the first from the left, the others from the right. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ['  none'];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`;
  return [line(heads), ...rows.map(line)];
}

/** Lamports as SOL with six decimals. */
function sol(lamports: string): string {
  return (Number(lamports) / 1e9).toFixed(6);
}
