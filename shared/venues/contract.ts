import type { AccountBytes, AccountSource } from '../core/account.ts';
import {
  type Address,
  addressAt,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { U64_MAX } from '../core/units.ts';
import { localHalf } from './local-registry.ts';
import { newestRules } from './program-rules.ts';
import { VENUES } from './registry.ts';
import {
  decodeMint,
  decodeTokenAccount,
  encodeMint,
  type MintFacts,
  transferFee,
  withTokenAmount,
} from './token/token.ts';
import type { PoolState, Settled, Venue } from './venue.ts';

/** Synthesized pools for the tests that every venue takes, and for those of its own. */

export const CONTRACT_CLOCK: ChainClock = { slot: 350_000_000, unixTimestamp: 1_800_000_000, epoch: 810 };

/** The same on a chain whose transactions never run out of compute units, as a local VM can be told to be. */
export const UNMETERED_CLOCK: ChainClock = { ...CONTRACT_CLOCK, transactionUnits: 1e9 };

/** Its transfer fee is 0.5%, up to a million base units: it exists nowhere but here. */
export const TAXED_MINT: Address = addressAt(new Uint8Array(32).fill(201));
const TAX = { epoch: 0, maximumFee: 1_000_000n, feeBps: 50n };

interface MintOfTest {
  readonly address: Address;
  readonly decimals: number;
  readonly account: AccountBytes;
}

function plainMint(address: Address, decimals: number): MintOfTest {
  const account = encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals, supply: U64_MAX });
  return { address, decimals, account };
}

const SOL = plainMint(WSOL_MINT, 9);
const USDC = plainMint(USDC_MINT, 6);
const DUST = plainMint(addressAt(new Uint8Array(32).fill(17)), 0);
const TAXED: MintOfTest = {
  address: TAXED_MINT,
  decimals: 6,
  account: encodeMint({
    tokenProgram: TOKEN_2022_PROGRAM,
    decimals: 6,
    supply: U64_MAX,
    transferFee: { older: TAX, newer: TAX },
  }),
};

/** A pool to synthesize, in words that say what is odd about it. */
export interface ContractCase {
  readonly name: string;
  readonly mintA: MintOfTest;
  readonly mintB: MintOfTest;
  readonly price: number;
  readonly depthA: number;
  readonly feeBps: number;
  readonly variant: number;
}

export const CONTRACT_CASES: readonly ContractCase[] = [
  ...[0, 1, 2, 3].map((variant) => ({
    name: `SOL/USDC, variant ${variant}`,
    mintA: SOL,
    mintB: USDC,
    price: 142.35,
    depthA: 5_000,
    feeBps: 25,
    variant,
  })),
  {
    name: 'mints the other way round',
    mintA: USDC,
    mintB: SOL,
    price: 0.0071,
    depthA: 9e5,
    feeBps: 4,
    variant: 0,
  },
  { name: 'a dear fee', mintA: SOL, mintB: USDC, price: 142.35, depthA: 800, feeBps: 100, variant: 1 },
  {
    name: 'a mint of no decimals',
    mintA: SOL,
    mintB: DUST,
    price: 70_000,
    depthA: 900,
    feeBps: 30,
    variant: 0,
  },
  {
    name: 'a transfer fee on A',
    mintA: TAXED,
    mintB: USDC,
    price: 0.04,
    depthA: 4e6,
    feeBps: 30,
    variant: 0,
  },
  {
    name: 'a transfer fee on B',
    mintA: SOL,
    mintB: TAXED,
    price: 3_800,
    depthA: 1_000,
    feeBps: 30,
    variant: 2,
  },
];

/** The cases that a venue can hold: one that moves SPL Token only has no pools of Token-2022 mints. */
export function contractCases(venue: Pick<Venue, 'splTokenOnly'>): readonly ContractCase[] {
  if (venue.splTokenOnly !== true) return CONTRACT_CASES;
  return CONTRACT_CASES.filter(({ mintA, mintB }) =>
    [mintA, mintB].every(({ account }) => account.owner === TOKEN_PROGRAM),
  );
}

/** One synthesized pool with its mints, loaded. */
export interface ContractPool<S extends PoolState = PoolState> {
  readonly address: Address;
  readonly accounts: ReadonlyMap<Address, AccountBytes>;
  readonly state: S;
}

/** Synthesizes and loads the pool of a case. Throws when the venue does not load what it made. */
export function contractPool<S extends PoolState>(venue: Venue<S>, pool: ContractCase): ContractPool<S> {
  const { address, accounts } = localHalf(venue).synthesize({
    seed: `contract/${pool.name}`,
    mintA: pool.mintA.address,
    mintB: pool.mintB.address,
    decimalsA: pool.mintA.decimals,
    decimalsB: pool.mintB.decimals,
    tokenProgramA: pool.mintA.account.owner,
    tokenProgramB: pool.mintB.account.owner,
    price: pool.price,
    depthA: pool.depthA,
    feeBps: pool.feeBps,
    variant: pool.variant,
  });
  const held = new Map<Address, AccountBytes>(accounts.map((write) => [write.address, write.account]));
  held.set(pool.mintA.address, pool.mintA.account);
  held.set(pool.mintB.address, pool.mintB.account);
  return { address, accounts: held, state: loadOrThrow(venue, address, chainOf(held)) };
}

/** The accounts as a chain that has these and no others. */
export function chainOf(accounts: ReadonlyMap<Address, AccountBytes>): AccountSource {
  return (address) => accounts.get(address) ?? null;
}

/** The venue with a program that is known to follow a rule set. */
export function withRules<S extends PoolState>(venue: Venue<S>, rules: string | undefined): Venue<S> {
  return { ...venue, load: (pool, source) => venue.load(pool, source, rules) };
}

/** One entry a venue and rule set of its program. */
export const RULED_VENUES: readonly (readonly [name: string, venue: Venue])[] = VENUES.flatMap((venue) => {
  const sets = venue.programRules?.sets ?? [undefined];
  return sets.map(
    (set) => [set === undefined ? venue.id : `${venue.id} by ${set}`, withRules(venue, set)] as const,
  );
});

/** By the rules of the newest published source. */
export function loadOrThrow<S extends PoolState>(venue: Venue<S>, pool: Address, source: AccountSource): S {
  const loaded = venue.load(pool, source, newestRules(venue.programRules));
  if (loaded.ok) return loaded.state;
  throw new Error(`${venue.id} does not load ${pool}: ${JSON.stringify(loaded)}`);
}

export function vaultAmount(accounts: ReadonlyMap<Address, AccountBytes>, vault: Address): bigint {
  const account = accounts.get(vault);
  const decoded = account === undefined ? undefined : decodeTokenAccount(account);
  if (!decoded?.ok) throw new Error(`no vault at ${vault}`);
  return decoded.value.amount;
}

/** The chain's accounts after a settled swap: what the venue's and the token programs leave. */
export function accountsAfter<S extends PoolState>(
  venue: Venue<S>,
  before: ContractPool<S>,
  aToB: boolean,
  settled: Extract<Settled<S>, { ok: true }>,
): ReadonlyMap<Address, AccountBytes> {
  const { state } = before;
  const accounts = new Map(before.accounts);
  for (const write of localHalf(venue).write(settled.state, chainOf(accounts)))
    accounts.set(write.address, write.account);
  const mintIn = aToB ? state.mintA : state.mintB;
  const { divertedIn } = settled;
  const paidIn = settled.consumedIn - (divertedIn?.amount ?? 0n);
  const withheld = transferFee(mintFacts(accounts, mintIn), CONTRACT_CLOCK.epoch, paidIn);
  const [vaultIn, vaultOut] = aToB ? [state.vaultA, state.vaultB] : [state.vaultB, state.vaultA];
  move(accounts, vaultIn, paidIn - withheld, withheld);
  if (divertedIn !== undefined) move(accounts, divertedIn.account, divertedIn.amount, 0n);
  move(accounts, vaultOut, -(settled.amountOut + (settled.withheldOut ?? 0n)), 0n);
  return accounts;
}

export function mintFacts(accounts: ReadonlyMap<Address, AccountBytes>, mint: Address): MintFacts {
  const account = accounts.get(mint);
  const decoded = account === undefined ? undefined : decodeMint(mint, account);
  if (!decoded?.ok) throw new Error(`no mint at ${mint}`);
  return decoded.value;
}

function move(accounts: Map<Address, AccountBytes>, vault: Address, delta: bigint, withheld: bigint): void {
  const account = accounts.get(vault);
  if (account === undefined) throw new Error(`no vault at ${vault}`);
  accounts.set(vault, withTokenAmount(account, vaultAmount(accounts, vault) + delta, withheld));
}
