/** Random swaps on odd pools, for a test that compares what two implementations make of them. */
import { createHash } from 'node:crypto';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { U64_MAX } from '../../core/units.ts';
import { findPath } from './accounts.ts';
import { load } from './load.ts';
import { RULES_OF_DYNAMIC_FEE } from './program.ts';
import { quote } from './quote.ts';
import type { ClmmState } from './state.ts';
import { bigUpTo, pick, RANDOM_POOL_TIME, type RandomPool, randomPool } from './test-pools.ts';

const POOLS_PER_GROUP = 12;
const SWAPS_PER_POOL = 10;
/** Tick arrays that the other implementation was given for each swap: what lies beyond them is refused by both. */
const ARRAYS_GIVEN = 3;

export interface AskedSwap {
  readonly state: ClmmState;
  readonly aToB: boolean;
  readonly amountIn: bigint;
  readonly unixTimestamp: number;
}

export type Accounts = Map<Address, AccountBytes>;

/** The amount out, null when the swap fails; `accounts` take what it leaves. */
export type Swapper = (accounts: Accounts, pool: Address, swap: AskedSwap) => Promise<bigint | null>;

/** What `swapper` makes of a group of odd pools, in 16 hex digits. */
export async function digestOf(group: number, swapper: Swapper): Promise<string> {
  const random = createRandom(`odd pools ${group}`);
  const hash = createHash('sha256');
  for (let count = POOLS_PER_GROUP; count > 0; count--) {
    const made = randomPool(random);
    const accounts = new Map(made.accounts);
    let now = RANDOM_POOL_TIME;
    for (let swaps = SWAPS_PER_POOL; swaps > 0; swaps--) {
      now += pick(random, [0, 0, 1, 5, 9, 30, 100, 600]);
      const state = stateOf(accounts, made);
      const aToB = random.below(2) === 0;
      const amountIn = amountFor(random, state, aToB, now);
      const out = await swapper(accounts, made.address, { state, aToB, amountIn, unixTimestamp: now });
      hash.update(`${amountIn} ${out} `);
      for (const { data } of accounts.values()) hash.update(data);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function stateOf(accounts: ReadonlyMap<Address, AccountBytes>, made: RandomPool): ClmmState {
  const source = (address: Address) => accounts.get(address) ?? made.vaults.get(address);
  const loaded = load(made.address, source, RULES_OF_DYNAMIC_FEE);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  const { state } = loaded;
  const reached = [true, false].flatMap(
    (aToB) => findPath(state, state.tickIndex, state.tickSpacing, aToB, ARRAYS_GIVEN).starts,
  );
  for (const start of state.tickArrays.keys()) if (!reached.includes(start)) state.tickArrays.delete(start);
  return state;
}

function amountFor(random: Random, state: ClmmState, aToB: boolean, unixTimestamp: number): bigint {
  const anywhere = bigUpTo(random, pick(random, [4, 16, 28, 40, 52, 63]));
  quote(state, aToB, U64_MAX, { slot: 1, epoch: 810, unixTimestamp });
  const ladder = state.ladders.find((known) => known?.aToB === aToB);
  if (ladder === undefined || ladder.steps.length === 0 || random.below(2) === 0) return anywhere;
  const at = random.below(Math.min(ladder.steps.length, 8));
  const edge = pick(random, [ladder.totalIn, ladder.reach])[at]! + BigInt(random.below(5) - 2);
  return edge > 0n && edge <= U64_MAX ? edge : anywhere;
}
