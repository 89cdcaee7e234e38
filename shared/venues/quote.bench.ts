import type { Bench, Harness, Result } from '../bench/harness.ts';
import { quoteBaseline } from '../bench/quote-baseline.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, type ContractPool, contractPool, vaultAmount } from './contract.ts';
import { VENUES } from './registry.ts';
import type { PoolState, Venue } from './venue.ts';

const AMOUNTS = 64;
/** The part of its vault that goes in where the price must stay within one range. */
const ONE_RANGE = 200_000n;

/**
 * Quotes a second on a pool that stands still, over 64 amounts: what sizing a route asks of a venue. Venues with
 * ranges are measured within one and across several, and once more with a fresh pool account before every quote,
 * which throws away all that earlier quotes on those numbers had worked out.
 */
export const benches: readonly Bench[] = VENUES.flatMap((venue) => {
  const plain = bench(`quote.${venue.id}`, (harness) => quotes(harness, venue, false));
  if (!hasRanges(contractPool(venue, CONTRACT_CASES[0]!).state)) return [plain];
  return [
    plain,
    bench(`quote.${venue.id}.multi-range`, (harness) => quotes(harness, venue, true)),
    bench(`quote.${venue.id}.after-update`, (harness) => quotesAfterUpdate(harness, venue)),
  ];
});

function bench(name: string, run: Bench['run']): Bench {
  return { name, unit: 'quotes/s', run };
}

function hasRanges(state: PoolState): boolean {
  return state.accounts.some(({ role }) => role === 'ticks');
}

function quotes(harness: Harness, venue: Venue, many: boolean): Result {
  const pool = contractPool(venue, CONTRACT_CASES[0]!);
  const amounts = amountsOf(venue, pool, many);
  checkRanges(venue, pool, amounts, many);
  const { state } = pool;
  const value = harness.throughput((turns) => {
    for (let i = 0; i < turns; i++)
      harness.keep(venue.quote(state, true, amounts[i % AMOUNTS]!, CONTRACT_CLOCK));
  });
  let turn = 0;
  const percentiles = harness.latency(() => {
    harness.keep(venue.quote(state, true, amounts[turn++ % AMOUNTS]!, CONTRACT_CLOCK));
  });
  const baseline = baselineOf(harness, venue, pool, amounts);
  return { value, ...percentiles, ...(baseline === undefined ? {} : { baseline }) };
}

function quotesAfterUpdate(harness: Harness, venue: Venue): Result {
  const pool = contractPool(venue, CONTRACT_CASES[0]!);
  const amounts = amountsOf(venue, pool, true);
  const { state } = pool;
  const bytes = pool.accounts.get(pool.address)!;
  // Two states that differ, so that applying one over the other is never a no-op.
  const settled = venue.settle(state, true, amounts[0]!, CONTRACT_CLOCK);
  if (!settled.ok) throw new Error(`${venue.id} does not swap: ${settled.reason}`);
  const other = venue
    .write(settled.state, (address) => pool.accounts.get(address))
    .find(({ address }) => address === pool.address)!.account;
  let turn = 0;
  const step = (): void => {
    const applied = venue.apply(state, pool.address, turn % 2 === 0 ? other : bytes);
    const paid = venue.quote(state, true, amounts[turn++ % AMOUNTS]!, CONTRACT_CLOCK);
    if (!applied.ok || !paid.ok) throw new Error(`${venue.id} does not quote what it was told`);
    harness.keep(paid);
  };
  const value = harness.throughput((turns) => {
    for (let i = 0; i < turns; i++) step();
  });
  return { value, ...harness.latency(step, 5_000) };
}

/** 64 amounts of A, within a factor of two of each other. */
function amountsOf(venue: Venue, pool: ContractPool, many: boolean): bigint[] {
  let least = vaultAmount(pool.accounts, pool.state.vaultA) / ONE_RANGE;
  while (many && !leavesRange(venue, pool, least)) least *= 2n;
  return Array.from({ length: AMOUNTS }, (_, i) => least + (least * BigInt(i)) / BigInt(AMOUNTS));
}

function leavesRange(venue: Venue, pool: ContractPool, amountIn: bigint): boolean {
  const settled = venue.settle(pool.state, true, amountIn, CONTRACT_CLOCK);
  if (!settled.ok) throw new Error(`${venue.id} does not swap ${amountIn}: ${settled.reason}`);
  return liquidityOf(settled.state) !== liquidityOf(pool.state);
}

/** Throws when the amounts do not measure what the name says: the price stays in its range, or leaves it. */
function checkRanges(venue: Venue, pool: ContractPool, amounts: readonly bigint[], many: boolean): void {
  for (const amountIn of amounts) {
    if (leavesRange(venue, pool, amountIn) !== many) {
      throw new Error(`${amountIn} ${many ? 'stays within' : 'leaves'} the range`);
    }
  }
}

function liquidityOf(state: PoolState): unknown {
  return 'liquidity' in state ? state.liquidity : undefined;
}

/** The official SDK on the same pool and amounts; where it pays something else, its figure is no baseline. */
function baselineOf(
  harness: Harness,
  venue: Venue,
  pool: ContractPool,
  amounts: readonly bigint[],
): Result['baseline'] {
  const sdk = quoteBaseline(venue.id, pool);
  if (sdk === undefined) {
    harness.note('no baseline: the official SDK is not installed (npm run bench:sdks)');
    return undefined;
  }
  const prepare = sdk.prepare(true);
  const asked = amounts.map((amountIn) => prepare(amountIn));
  for (const [i, ask] of asked.entries()) {
    const ours = venue.quote(pool.state, true, amounts[i]!, CONTRACT_CLOCK);
    const theirs = ask();
    if (!ours.ok || ours.amountOut !== theirs) {
      harness.note(
        `no baseline: for ${amounts[i]} the SDK pays ${theirs}, we ${ours.ok ? ours.amountOut : ours.reason}`,
      );
      return undefined;
    }
  }
  const value = harness.throughput((turns) => {
    for (let i = 0; i < turns; i++) harness.keep(asked[i % AMOUNTS]!());
  });
  return { name: sdk.name, value };
}
