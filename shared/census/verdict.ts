import { formatUnits } from '../core/units.ts';
import type { CensusCounts } from './counts.ts';
import { type Coverage, slotsOf, unusableShare } from './coverage.ts';
import { TIP_ASSUMPTIONS, VERDICT_TIP } from './tips.ts';

/** Whether these pairs are worth trading on, by what the census saw. NO-GO also where it saw nothing. */
export interface Verdict {
  readonly answer: 'GO' | 'MARGINAL' | 'NO-GO';
  readonly latencySlots: number;
  readonly tip: string;
  readonly netPerHourLamports: bigint;
  /** The same one latency of the list later. */
  readonly laterNetPerHourLamports: bigint;
  readonly landed: number;
  readonly reverted: number;
  /** How many attempts bring half of the net; undefined where there is none, or more than are kept apart. */
  readonly carryingHalf: number | undefined;
  /** What the largest attempt has of the net, in hundredths. */
  readonly largestPercent: number;
  readonly unusablePercent: number;
  /** Each reason in a sentence, with its number. */
  readonly reasons: readonly string[];
}

const MICROS_PER_HOUR = 3_600_000_000n;

/** Servers and feeds that can land a transaction in time cost about that much: 7 SOL a month. */
const MIN_NET_PER_HOUR_LAMPORTS = 10_000_000n;
/** Less says little about an hour. */
const MIN_USABLE_SECONDS = 240;
const MIN_LANDED = 20;
const MIN_CARRYING_HALF = 4;
const MAX_UNUSABLE = 0.2;

/** An hour has as many slots as were measured: what was earned in the usable ones, by the time that they took. */
export function perHour(lamports: bigint, { usableMicros }: Coverage): bigint {
  const micros = BigInt(Math.round(usableMicros));
  return micros === 0n ? 0n : (lamports * MICROS_PER_HOUR) / micros;
}

export function usableSeconds({ usableMicros }: Coverage): number {
  return usableMicros / 1e6;
}

/** A share as whole and tenth percents. */
function percent(share: number): number {
  return Math.round(share * 1_000) / 10;
}

export function judge(counts: CensusCounts): Verdict {
  const { coverage, latencySlots, verdictLatency, largest } = counts;
  const later = Math.min(verdictLatency + 1, latencySlots.length - 1);
  const cell = counts.cells[verdictLatency]![VERDICT_TIP]!;
  const { landed, reverted, netLamports } = cell;
  const numbers = {
    latencySlots: latencySlots[verdictLatency]!,
    tip: TIP_ASSUMPTIONS[VERDICT_TIP]!.name,
    netPerHourLamports: perHour(netLamports, coverage),
    laterNetPerHourLamports: perHour(counts.cells[later]![VERDICT_TIP]!.netLamports, coverage),
    landed,
    reverted,
    carryingHalf: netLamports > 0n ? largest.carrying(netLamports, 50n) : undefined,
    largestPercent: netLamports > 0n ? percent(Number(largest.kept[0] ?? 0n) / Number(netLamports)) : 0,
    unusablePercent: percent(unusableShare(coverage)),
  };
  const against = reasonsAgainst(counts, numbers);
  if (against.length > 0) return { ...numbers, answer: 'NO-GO', reasons: against };
  const carries = carriedBy(numbers);
  const doubts = reasonsForDoubt(counts, numbers, latencySlots[later]!);
  return {
    ...numbers,
    answer: doubts.length === 0 ? 'GO' : 'MARGINAL',
    reasons: [carries, ...doubts],
  };
}

type Numbers = Omit<Verdict, 'answer' | 'reasons'>;

function reasonsAgainst(counts: CensusCounts, numbers: Numbers): readonly string[] {
  const { coverage, gaps } = counts;
  const seconds = usableSeconds(coverage).toFixed(1);
  if (counts.events === 0) return ['the source holds no event: there is nothing to judge by'];
  if (coverage.usableSlots === 0) {
    return [
      `none of ${slotsOf(coverage)} slots could be used (starting, feed lost, lagging, or events missing)`,
    ];
  }
  if (gaps === 0) {
    return [
      `no gap opened in ${seconds} s that pays more than its base and priority fee, even without a tip`,
    ];
  }
  const { latencySlots, tip, landed, reverted, netPerHourLamports } = numbers;
  const cell = counts.cells[counts.verdictLatency]![VERDICT_TIP]!;
  if (landed + reverted === 0) {
    return [
      `of ${gaps} gaps none still pays once ${tip} of its gross profit is bid away${cell.unknown > 0 ? `, or its landing state was not seen (${cell.unknown})` : ''}`,
    ];
  }
  if (cell.netLamports > 0n) return [];
  return [
    `at a latency of ${latencySlots} ${slotWord(latencySlots)} and a tip of ${tip} it comes to ${sol(netPerHourLamports)} SOL an hour: ${landed} of ${landed + reverted} attempts on ${gaps} gaps land, ${reverted} revert and pay their fees for nothing`,
  ];
}

function carriedBy({
  latencySlots,
  tip,
  netPerHourLamports,
  landed,
  reverted,
  carryingHalf,
  largestPercent,
}: Numbers) {
  const half =
    carryingHalf === undefined
      ? ''
      : `; ${carryingHalf} of them ${carryingHalf === 1 ? 'brings' : 'bring'} half, the largest ${largestPercent} %`;
  return `${sol(netPerHourLamports)} SOL an hour at a latency of ${latencySlots} ${slotWord(latencySlots)} and a tip of ${tip}: ${landed} attempts land, ${reverted} revert${half}`;
}

function reasonsForDoubt(counts: CensusCounts, numbers: Numbers, laterSlots: number): readonly string[] {
  const { quotablePoolSlots, poolSlots } = counts.coverage;
  const seconds = usableSeconds(counts.coverage);
  const doubts: string[] = [];
  const doubt = (holds: boolean, text: string): void => {
    if (holds) doubts.push(text);
  };
  doubt(
    numbers.netPerHourLamports < MIN_NET_PER_HOUR_LAMPORTS,
    `less than ${sol(MIN_NET_PER_HOUR_LAMPORTS)} SOL an hour does not pay for the servers and feeds that it takes`,
  );
  doubt(
    seconds < MIN_USABLE_SECONDS,
    `${seconds.toFixed(1)} s are too short to tell an hour by: record at least ${MIN_USABLE_SECONDS} s`,
  );
  doubt(
    numbers.unusablePercent > MAX_UNUSABLE * 100,
    `${numbers.unusablePercent} % of the slots could not be used`,
  );
  doubt(
    quotablePoolSlots < poolSlots * (1 - MAX_UNUSABLE),
    `only ${percent(quotablePoolSlots / Math.max(1, poolSlots))} % of the pools could be quoted, on average`,
  );
  doubt(
    numbers.landed < MIN_LANDED,
    `it rests on ${numbers.landed} landed attempts: fewer than ${MIN_LANDED} may be chance`,
  );
  const { carryingHalf } = numbers;
  doubt(
    carryingHalf !== undefined && carryingHalf < MIN_CARRYING_HALF,
    `${carryingHalf} ${carryingHalf === 1 ? 'attempt brings' : 'attempts bring'} half of it`,
  );
  doubt(
    laterSlots > numbers.latencySlots && numbers.laterNetPerHourLamports <= 0n,
    `nothing is left at a latency of ${laterSlots} slots (${sol(numbers.laterNetPerHourLamports)} SOL an hour)`,
  );
  return doubts;
}

function slotWord(slots: number): string {
  return slots === 1 ? 'slot' : 'slots';
}

/** Lamports as SOL with six decimals at most, cut off towards zero. */
function sol(lamports: bigint): string {
  return formatUnits((lamports / 1_000n) * 1_000n, 9);
}
