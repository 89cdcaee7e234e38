import type { Address } from '../../../shared/core/address.ts';
import { ASSUMED_CHAIN } from '../../../shared/core/chain-parameters.ts';
import type { ProgramBinary } from '../../../shared/platform/chain/program-binary.ts';
import type { VenueProof } from '../../../shared/platform/chain/proofs.ts';
import type { SkippedPool } from '../../../shared/run/universe.ts';
import type { Mismatch } from './prove-compare.ts';
import type { ProvablePool } from './prove-market.ts';
import type { OrderProof } from './prove-orders.ts';
import type { RouteProof } from './prove-route.ts';
import type { RuledProofs } from './prove-rules.ts';
import { type PoolProof, totalOf } from './prove-tally.ts';

/** What `arb prove --json` prints. */
export interface ProofReport {
  /** Every pool and route that was executed did what was predicted, and something was executed. */
  readonly allEqual: boolean;
  readonly pools: readonly PoolProof[];
  /** Only with --routes. */
  readonly routes?: {
    readonly executed: number;
    readonly equal: number;
    /** Cycles whose predicted profit is above zero. */
    readonly profitable: number;
    /** Those that use more compute units than one real transaction may. */
    readonly beyondComputeLimit: number;
    readonly mismatches: readonly RouteProof[];
    readonly proofs: readonly RouteProof[];
  };
  /** Only with --routes: orders that approval let through, as whole signed transactions. */
  readonly orders?: readonly OrderProof[];
  readonly programs: readonly Omit<ProgramBinary, 'elf'>[];
  readonly skipped: readonly SkippedPool[];
  /** The file that the venues' proofs were written to. */
  readonly proofsFile: string;
}

const COMPUTE_UNIT_LIMIT = ASSUMED_CHAIN.transactionUnits;
const SHOWN_MISMATCHES = 10;

export function createReport(parts: {
  readonly pools: readonly PoolProof[];
  readonly routes: readonly RouteProof[] | undefined;
  readonly orders: readonly OrderProof[] | undefined;
  readonly programs: readonly ProgramBinary[];
  readonly skipped: readonly SkippedPool[];
  readonly proofsFile: string;
}): ProofReport {
  const { pools, routes, orders, programs, skipped, proofsFile } = parts;
  const poolsEqual = pools.every((pool) => totalOf(pool).equal === totalOf(pool).checked);
  const wrong = routes?.filter(({ equal }) => !equal) ?? [];
  return {
    allEqual: pools.length > 0 && poolsEqual && wrong.length === 0 && (orders?.every(orderHolds) ?? true),
    pools,
    ...(routes === undefined
      ? {}
      : {
          routes: {
            executed: routes.length,
            equal: routes.length - wrong.length,
            profitable: routes.filter(isProfitable).length,
            beyondComputeLimit: routes.filter(({ computeUnits = 0 }) => computeUnits > COMPUTE_UNIT_LIMIT)
              .length,
            mismatches: wrong.slice(0, SHOWN_MISMATCHES),
            proofs: routes,
          },
        }),
    ...(orders === undefined ? {} : { orders }),
    programs: programs.map(({ programId, sha256, programDataHash, source }) => {
      return { programId, sha256, programDataHash, source };
    }),
    skipped,
    proofsFile,
  };
}

/** One proof a venue from the proofs of its pools. */
export function venueProofs(
  provable: readonly ProvablePool[],
  { proofs, rules }: RuledProofs,
  programs: ReadonlyMap<Address, ProgramBinary>,
  date: string,
): readonly VenueProof[] {
  const venues = new Map(provable.map(({ venue }) => [venue.id, venue]));
  return [...venues.values()].map((venue) => {
    const own = proofs.filter((proof) => proof.venue === venue.id);
    const totals = own.map(totalOf);
    const pools = provable.filter((pool) => pool.venue === venue);
    const others = new Map(
      pools.flatMap((pool) =>
        pool.otherPrograms.map((program) => [program.programId, program.programDataHash]),
      ),
    );
    return {
      venue: venue.id,
      programId: venue.programId,
      programDataHash: programs.get(venue.programId)!.programDataHash,
      rules: rules.get(venue.id),
      otherPrograms: [...others].map(([programId, programDataHash]) => ({ programId, programDataHash })),
      date,
      pools: pools.map(({ state }) => state.address),
      samples: sum(totals.map(({ checked }) => checked)),
      equal: sum(totals.map(({ equal }) => equal)),
      paid: sum(own.map(({ paid }) => paid)),
    };
  });
}

/** The report for people. */
export function reportLines(report: ProofReport): readonly string[] {
  const { pools, routes, programs, proofsFile } = report;
  const lines = programs.map(({ programId, sha256 }) => `program ${programId} sha256 ${sha256}`);
  for (const pool of pools) lines.push(...poolLines(pool));
  if (routes !== undefined) {
    const { executed, equal, profitable, beyondComputeLimit, mismatches } = routes;
    lines.push(
      `routes: ${equal} of ${executed} equal (${profitable} profitable, ${beyondComputeLimit} beyond the compute limit)`,
    );
    lines.push(...mismatches.map((route) => `  ${routeText(route)}`));
  }
  if (report.orders !== undefined) {
    lines.push(
      `orders: ${report.orders.filter(orderHolds).length} of ${report.orders.length} hold as whole signed transactions`,
    );
    lines.push(...report.orders.map((order) => `  ${orderText(order)}`));
  }
  lines.push(`${report.allEqual ? 'all equal' : 'NOT all equal'}; proofs in ${proofsFile}`);
  return lines;
}

function poolLines(pool: PoolProof): readonly string[] {
  const { venue, swaps, equal, paid, secondSwaps, minOut, minOutSlack, cautious, refusals, mismatches } =
    pool;
  return [
    `${venue} ${pool.pool}: ${equal} of ${swaps} swaps equal (${paid} paid), ` +
      `second swaps ${secondSwaps.equal} of ${secondSwaps.checked}, ` +
      `least output ${minOut.equal} of ${minOut.checked}` +
      (cautious === 0 ? '' : ` (${cautious} refused that had just enough compute units)`) +
      (minOutSlack === 0 ? '' : ` (pays up to ${minOutSlack} less than it)`),
    ...refusals.map((one) => `  both refuse ${one.swaps}: ${one.refused} / ${one.error}`),
    ...mismatches.map((mismatch) => `  ${mismatchText(mismatch)}`),
  ];
}

function mismatchText({ check, aToB, amountIn, predicted, executed, refused, error }: Mismatch): string {
  const change = (one: { readonly a: string; readonly b: string }) => `A ${one.a}, B ${one.b}`;
  const ours = predicted === null ? `refuses (${refused})` : change(predicted);
  const theirs = executed === null ? `fails (${error})` : change(executed);
  return `DIFFERS ${check} ${aToB ? 'A to B' : 'B to A'} ${amountIn}: predicted ${ours}; the program ${theirs}`;
}

function routeText({ venues, routeId, amountIn, predicted, realised, error, leftOver }: RouteProof): string {
  const got = realised === null ? `failed (${error})` : realised;
  const left = leftOver === undefined ? '' : `, left over: ${leftOver}`;
  return `DIFFERS ${pathText(venues, routeId)} with ${amountIn}: predicted ${predicted}, realised ${got}${left} (${routeId})`;
}

/** It did what was predicted, would have reverted where it lost, and its bytes are those of others' encoders. */
function orderHolds({ equal, revertsWhenLosing, encodersEqual }: OrderProof): boolean {
  return equal && revertsWhenLosing && encodersEqual;
}

function orderText(proof: OrderProof): string {
  const { venues, routeId, predicted, realised, error, bytes, lookupTables, computeUnits } = proof;
  const units = `${computeUnits ?? 'no'} of ${proof.computeUnitLimit} units`;
  const paid = `predicted ${predicted}, realised ${realised ?? `failed (${error})`}`;
  const costs = `costs ${proof.predictedLamports} and ${proof.realisedLamports ?? 'none'} lamports`;
  const size = `${bytes} bytes over ${lookupTables} tables, ${units}`;
  const held = orderHolds(proof) ? 'holds' : 'DOES NOT HOLD';
  const late = proof.revertsWhenLosing ? 'reverts when losing' : 'does NOT revert when losing';
  const same = proof.encodersEqual ? 'as others encode it' : 'NOT as others encode it';
  return `${held}: ${pathText(venues, routeId)}: ${paid}; ${costs}; ${size}; ${late}; ${same}`;
}

function isProfitable({ startMint, endMint, predicted }: RouteProof): boolean {
  return startMint === endMint && BigInt(predicted) > 0n;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The venues with `>` between hops and `+` between the pools of one, as the route's name has them. */
function pathText(venues: readonly string[], routeId: string): string {
  const between = routeId.match(/[+>]/g) ?? [];
  return venues.map((venue, i) => (i === 0 ? venue : ` ${between[i - 1] ?? '>'} ${venue}`)).join('');
}
