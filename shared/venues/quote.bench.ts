import type { QuoteBaseline } from '../bench/baselines/baseline.ts';
import { type Bench, type Harness, percentile, type Result } from '../bench/harness.ts';
import { allocatedPerTurn } from '../bench/heap.ts';
import { AMOUNTS, hasRanges, quoteAmounts } from '../bench/quote-amounts.ts';
import { quoteBaseline } from '../bench/quote-baseline.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, type ContractPool, contractPool } from './contract.ts';
import { localHalf } from './local-registry.ts';
import { VENUES } from './registry.ts';
import type { Venue } from './venue.ts';

const RATE = 'quotes/s';
const ROUNDS = 5;

/**
 * Quotes a second on a pool that stands still, over 64 amounts: what sizing a route asks of a venue. Venues with
 * ranges, bins or levels are measured within one and across several, and once more with a fresh pool account before
 * every quote, which throws away all that earlier quotes on those numbers had worked out.
 */
export const benches: readonly Bench[] = VENUES.flatMap((venue) => {
  const name = `quote.${venue.id}`;
  const benches: Bench[] = [
    { name, unit: RATE, run: (harness) => quotes(harness, venue, false) },
    { name: `${name}.alloc`, unit: 'bytes/quote', run: () => allocation(venue) },
  ];
  if (hasRanges(contractPool(venue, CONTRACT_CASES[0]!).state)) {
    benches.push(
      { name: `${name}.multi-range`, unit: RATE, run: (harness) => quotes(harness, venue, true) },
      { name: `${name}.after-update`, unit: RATE, run: (harness) => quotesAfterUpdate(harness, venue) },
    );
  }
  return benches;
});

function quotes(harness: Harness, venue: Venue, many: boolean): Result {
  const pool = contractPool(venue, CONTRACT_CASES[0]!);
  const sdk = quoteBaseline(venue.id, pool);
  const amounts = quoteAmounts(venue, pool, many, sdk?.lotIn?.(true));
  const { state } = pool;
  const ours = (turns: number): void => {
    for (let i = 0; i < turns; i++)
      harness.keep(venue.quote(state, true, amounts[i % AMOUNTS]!, CONTRACT_CLOCK));
  };
  let turn = 0;
  const percentiles = harness.latency(() => {
    harness.keep(venue.quote(state, true, amounts[turn++ % AMOUNTS]!, CONTRACT_CLOCK));
  });
  if (sdk === undefined) {
    harness.note('no baseline: the official SDK is not installed (npm run bench:sdks)');
    return { value: harness.throughput(ours), ...percentiles };
  }
  const theirs = agreeingQuotes(harness, venue, pool, amounts, sdk);
  if (theirs === undefined) return { value: harness.throughput(ours), ...percentiles };
  const [value, baseline] = alternately(harness, ours, theirs);
  return { value, ...percentiles, baseline: { name: sdk.name, value: baseline } };
}

/** Medians of rates that were taken by turns, so that both meet the same load of the machine. */
function alternately(
  harness: Harness,
  one: (turns: number) => void,
  other: (turns: number) => void,
): [number, number] {
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const options = { samples: 3, sampleMs: 80, warmUpMs: round === 0 ? 300 : 20 };
    rates[0].push(harness.throughput(one, options));
    rates[1].push(harness.throughput(other, options));
  }
  return [percentile(rates[0], 0.5), percentile(rates[1], 0.5)];
}

/** What a quote leaves on the heap, its result included. */
function allocation(venue: Venue): Result {
  const pool = contractPool(venue, CONTRACT_CASES[0]!);
  const { state } = pool;
  const amounts = quoteAmounts(venue, pool, hasRanges(state));
  let last: unknown;
  const value = allocatedPerTurn((turns) => {
    for (let i = 0; i < turns; i++) last = venue.quote(state, true, amounts[i % AMOUNTS]!, CONTRACT_CLOCK);
  });
  if (last === undefined) throw new Error('nothing was quoted');
  return { value };
}

function quotesAfterUpdate(harness: Harness, venue: Venue): Result {
  const pool = contractPool(venue, CONTRACT_CASES[0]!);
  const amounts = quoteAmounts(venue, pool, true);
  const { state } = pool;
  const bytes = pool.accounts.get(pool.address)!;
  // Two states that differ, so that applying one over the other is never a no-op.
  const settled = venue.settle(state, true, amounts[0]!, CONTRACT_CLOCK);
  if (!settled.ok) throw new Error(`${venue.id} does not swap: ${settled.reason}`);
  const other = localHalf(venue)
    .write(settled.state, (address) => pool.accounts.get(address))
    .find(({ address }) => address === pool.address)!.account;
  harness.note(`a pool account of ${bytes.data.length} bytes`);
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

/**
 * The official SDK on the same pool and those of the amounts for which it pays what we pay, which a note counts when
 * they are not all. Where it pays something else for every amount its figure is no baseline.
 */
function agreeingQuotes(
  harness: Harness,
  venue: Venue,
  pool: ContractPool,
  amounts: readonly bigint[],
  sdk: QuoteBaseline,
): ((turns: number) => void) | undefined {
  const prepare = sdk.prepare(true);
  const agreed: (() => bigint)[] = [];
  let differs = '';
  for (const amountIn of amounts) {
    const ask = prepare(amountIn);
    const ours = venue.quote(pool.state, true, amountIn, CONTRACT_CLOCK);
    const theirs = ask();
    if (ours.ok && ours.amountOut === theirs) agreed.push(ask);
    else differs = `for ${amountIn} it pays ${theirs}, we ${ours.ok ? ours.amountOut : ours.reason}`;
  }
  if (agreed.length === 0) {
    harness.note(`no baseline: ${sdk.name} never pays the same; ${differs}`);
    return undefined;
  }
  if (agreed.length < AMOUNTS) {
    harness.note(
      `${sdk.name} pays the same for ${agreed.length} of ${AMOUNTS} amounts, and is measured on those; ${differs}`,
    );
  }
  if (sdk.remark !== undefined) harness.note(`${sdk.name}: ${sdk.remark}`);
  return (turns) => {
    for (let i = 0; i < turns; i++) harness.keep(agreed[i % agreed.length]!());
  };
}
