import type { Bench, Harness, Result } from '../bench/harness.ts';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import {
  accountsAfter,
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  type ContractPool,
  chainOf,
  contractPool,
  loadOrThrow,
  vaultAmount,
} from './contract.ts';
import { LOTS, nodeOffset } from './phoenix-v1/book.ts';
import { phoenixV1 } from './phoenix-v1/index.ts';
import { BASE_MINT_OFFSET, QUOTE_MINT_OFFSET, viewOf } from './phoenix-v1/layout.ts';
import { fullMarket } from './phoenix-v1/local/full-book.ts';
import { VENUES } from './registry.ts';
import type { Venue } from './venue.ts';

const UNIT = 'updates/s';
const CALLS = 2_000;
/** The part of a vault that goes in: enough to leave a range of ticks, a bin or a level. */
const SWAP_PART = 30n;

/**
 * One account's new bytes taken by a pool that stands, account by account of all that its quotes read; the figure is of
 * the slowest. The baseline loads the pool anew, which is what an update would cost without `apply`.
 */
export const benches: readonly Bench[] = [
  ...VENUES.map((venue) => ({
    name: `apply.${venue.id}`,
    unit: UNIT,
    run: (harness: Harness) => slowestAccount(harness, venue),
  })),
  {
    name: 'apply.phoenix-v1.full-book',
    unit: UNIT,
    run: (harness) => fullBook(harness, 'another', '4,096 orders a side, all of them replaced'),
  },
  {
    name: 'apply.phoenix-v1.full-book-fill',
    unit: UNIT,
    run: (harness) => fullBook(harness, 'one', '4,096 orders a side, one of them filled in part'),
  },
];

function slowestAccount(harness: Harness, venue: Venue): Result {
  const pool = contractPool(venue, CONTRACT_CASES[0]!);
  const later = afterSwap(venue, pool);
  let slowest = { p50: 0, p99: 0 };
  let which: Address | undefined;
  const said: string[] = [];
  for (const { address, role } of pool.state.accounts) {
    const now = pool.accounts.get(address);
    if (now === undefined) continue;
    const figures = harness.latency(taking(venue, pool, address, now, later.get(address)!), CALLS);
    said.push(`${role} ${figures.p50}`);
    if (figures.p50 < slowest.p50) continue;
    slowest = figures;
    which = address;
  }
  if (which === undefined) throw new Error(`${venue.id} reads no account`);
  harness.note(`p50 in us: ${said.join(', ')}`);
  const step = taking(venue, pool, which, pool.accounts.get(which)!, later.get(which)!);
  return { ...compared(harness, step, venue, pool), ...slowest };
}

/** The accounts after a swap that moves the price a good way. */
function afterSwap(venue: Venue, pool: ContractPool): ReadonlyMap<Address, AccountBytes> {
  const amountIn = vaultAmount(pool.accounts, pool.state.vaultA) / SWAP_PART;
  const settled = venue.settle(pool.state, true, amountIn, CONTRACT_CLOCK);
  if (!settled.ok) throw new Error(`${venue.id} does not swap: ${settled.reason}`);
  return accountsAfter(venue, pool, true, settled);
}

/** Gives the pool one account's bytes before and after by turns, each time as a buffer of its own. */
function taking(
  venue: Venue,
  pool: ContractPool,
  address: Address,
  before: AccountBytes,
  after: AccountBytes,
): () => void {
  const both = [before, { ...after, data: after.data.slice() }];
  let turn = 0;
  return () => {
    const applied = venue.apply(pool.state, address, both[turn++ % 2]!);
    if (!applied.ok) throw new Error(`${venue.id} refused an account of its own: ${applied.reason}`);
  };
}

function compared(harness: Harness, step: () => void, venue: Venue, pool: ContractPool): Result {
  const options = { samples: 5, sampleMs: 60, warmUpMs: 100 };
  const value = harness.throughput((turns) => {
    for (let i = 0; i < turns; i++) step();
  }, options);
  const source = chainOf(pool.accounts);
  const loads = harness.throughput((turns) => {
    for (let i = 0; i < turns; i++) harness.keep(venue.load(pool.address, source));
  }, options);
  return { value, baseline: { name: 'load of the whole pool', value: loads } };
}

function fullBook(harness: Harness, change: 'one' | 'another', what: string): Result {
  const first = contractPool(phoenixV1, CONTRACT_CASES[0]!);
  const owned = first.accounts.get(first.address)!;
  const before = { ...owned, data: fullMarket({ placed: 'bench', sized: 'bench' }) };
  const other = change === 'another' ? fullMarket({ placed: 'other', sized: 'other' }) : before.data.slice();
  // With the mints and vaults of the contract's pool, whose accounts there are.
  for (const data of [before.data, other]) {
    for (const at of [BASE_MINT_OFFSET, QUOTE_MINT_OFFSET]) data.set(owned.data.subarray(at, at + 64), at);
  }
  const accounts = new Map(first.accounts).set(first.address, before);
  const state = loadOrThrow(phoenixV1, first.address, chainOf(accounts));
  const pool = { address: first.address, accounts, state };
  if (change === 'one') {
    const { bids, facts } = state;
    viewOf(other).setBigUint64(nodeOffset(facts.bids.offset, bids.node[0]!) + LOTS, 1n, true);
  }
  const step = taking(phoenixV1, pool, pool.address, before, { ...owned, data: other });
  harness.note(`${what}; a market account of ${other.length} bytes`);
  return { ...compared(harness, step, phoenixV1, pool), ...harness.latency(step, CALLS) };
}
