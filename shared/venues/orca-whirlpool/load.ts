import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, addressBytes } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { decodeMint, type MintFacts, sameMintFacts } from '../token/token.ts';
import { applyVault, loadVaults } from '../token/vault.ts';
import type { Loaded, LoadRefusal } from '../venue.ts';
import {
  arrayAddressOf,
  arrayStart,
  oracleAddress,
  type PoolAddresses,
  poolAccounts,
  swapArrayStarts,
  watchedArrayStarts,
} from './accounts.ts';
import {
  checkPoolAccount,
  decodePoolFacts,
  decodePoolNumbers,
  type PoolFacts,
  type PoolNumbers,
  samePoolFacts,
} from './layout.ts';
import { decodeOracle, type Oracle } from './oracle.ts';
import { followPrice, forgetLadders, mostOut, priceAtTick, type WhirlpoolState } from './state.ts';
import { decodeTickArray, isAbsent, type TickArray } from './tick-array.ts';

/**
 * Decodes a pool. `missing` lists what to fetch: the pool, its mints and vaults, its oracle when it has an adaptive
 * fee, and its tick arrays unless the first one in some direction is known already. Tick arrays still unknown then only keep
 * those quotes back that would reach them.
 */
export function load(pool: Address, source: AccountSource): Loaded<WhirlpoolState> {
  const account = source(pool);
  if (account === undefined) return missing([pool]);
  if (account === null) return refusal('not-this-venue', 'no such account');
  const wrong = checkPoolAccount(account);
  if (wrong !== undefined) return refusal(wrong);
  const facts = decodePoolFacts(account.data);
  if (facts.tickSpacing === 0) return refusal('inconsistent-accounts', 'tick spacing of 0');
  const numbers = emptyNumbers();
  const decoded = decodePoolNumbers(account.data, numbers);
  if (!decoded.ok) return decoded;

  const poolBytes = addressBytes(pool);
  const addresses = addressesOf(pool, facts);
  const absent: Address[] = [];
  const mintA = loadMint(facts.mintA, source, absent);
  if (mintA !== undefined && !mintA.ok) return mintA;
  const mintB = loadMint(facts.mintB, source, absent);
  if (mintB !== undefined && !mintB.ok) return mintB;
  const oracle = loadOracle(addresses.oracle, poolBytes, source, absent);
  if (oracle !== undefined && !oracle.ok) return oracle;
  const prices = new Map<number, bigint>();
  const tickArrays = new Map<number, TickArray | null>();
  const base = arrayStart(numbers.tickIndex, facts.tickSpacing);
  const unknownArrays: Address[] = [];
  for (const start of watchedArrayStarts(base, facts.tickSpacing)) {
    const address = arrayAddressOf(addresses, start);
    const bytes = source(address);
    if (bytes === undefined) {
      unknownArrays.push(address);
      continue;
    }
    const array = takeTickArray(bytes, poolBytes, facts.tickSpacing, start, prices, undefined);
    if (!array.ok) return array;
    tickArrays.set(start, array.value);
  }
  const reachable = [true, false].some((aToB) => {
    const first = swapArrayStarts(numbers.tickIndex, facts.tickSpacing, aToB)[0];
    return first !== undefined && tickArrays.has(first);
  });
  if (!reachable) absent.push(...unknownArrays);
  for (const vault of [facts.vaultA, facts.vaultB]) if (source(vault) === undefined) absent.push(vault);
  if (mintA === undefined || mintB === undefined || oracle === undefined || absent.length > 0) {
    return missing(absent);
  }
  const tokens = {
    mintA: facts.mintA,
    mintB: facts.mintB,
    tokenProgramA: mintA.value.tokenProgram,
    tokenProgramB: mintB.value.tokenProgram,
    vaultA: facts.vaultA,
    vaultB: facts.vaultB,
  };
  // The program pays from its vaults as the pool: it cannot pay from one that the pool does not own.
  const vaults = loadVaults(tokens, pool, pool, source);
  if (!vaults.ok) return vaults;
  return {
    ok: true,
    state: {
      ...numbers,
      ...tokens,
      ...vaults.value,
      address: pool,
      decimalsA: mintA.value.decimals,
      decimalsB: mintB.value.decimals,
      tickSpacing: facts.tickSpacing,
      addresses,
      poolBytes,
      data: account.data,
      mintFactsA: mintA.value,
      mintFactsB: mintB.value,
      oracle: oracle.value,
      tickArrays,
      base,
      accounts: poolAccounts(addresses, base, facts.tickSpacing),
      prices,
      ladders: [],
      touched: new Set(),
      refused: new Set(),
    },
  };
}

/** Takes new bytes of one of the state's accounts; others are ignored. */
export function apply(
  state: WhirlpoolState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const outcome = applyTo(state, account, bytes);
  if (!outcome.ok) state.refused.add(account);
  else if (state.refused.size !== 0 && state.refused.delete(account)) return success(true);
  return outcome;
}

function applyTo(
  state: WhirlpoolState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const { addresses } = state;
  if (account === state.address) return applyPool(state, bytes);
  if (account === state.vaultA) return applyVault(state, true, state.address, bytes, mostOut(state, false));
  if (account === state.vaultB) return applyVault(state, false, state.address, bytes, mostOut(state, true));
  const start = addresses.startByArray.get(account);
  if (start !== undefined) return applyTickArray(state, start, bytes);
  if (account === addresses.oracle) {
    const oracle = takeOracle(bytes, state.poolBytes);
    if (!oracle.ok) return oracle;
    state.oracle = oracle.value;
    forgetLadders(state);
    return success(true);
  }
  if (account === state.mintA || account === state.mintB) return applyMint(state, account, bytes);
  return success(false);
}

function applyMint(
  state: WhirlpoolState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const isA = account === state.mintA;
  const mint = takeMint(account, bytes);
  if (!mint.ok) return mint;
  const changed = !sameMintFacts(isA ? state.mintFactsA : state.mintFactsB, mint.value);
  if (isA) state.mintFactsA = mint.value;
  else state.mintFactsB = mint.value;
  return success(changed);
}

function applyPool(state: WhirlpoolState, bytes: AccountBytes | null): Outcome<true, LoadRefusal> {
  if (bytes === null) return refusal('not-this-venue', 'the pool is gone');
  const wrong = checkPoolAccount(bytes);
  if (wrong !== undefined) return refusal(wrong);
  if (!samePoolFacts(state.data, bytes.data)) return refusal('inconsistent-accounts', 'another pool');
  const decoded = decodePoolNumbers(bytes.data, state);
  if (!decoded.ok) return decoded;
  state.data = bytes.data;
  forgetLadders(state);
  followPrice(state);
  return decoded;
}

function applyTickArray(
  state: WhirlpoolState,
  start: number,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  if (!watchedArrayStarts(state.base, state.tickSpacing).includes(start)) return success(false);
  const previous = state.tickArrays.get(start);
  const array = takeTickArray(bytes, state.poolBytes, state.tickSpacing, start, state.prices, previous);
  if (!array.ok) {
    state.tickArrays.delete(start);
    return array;
  }
  state.tickArrays.set(start, array.value);
  forgetLadders(state);
  return success(true);
}

function takeTickArray(
  bytes: AccountBytes | null,
  poolBytes: Uint8Array,
  tickSpacing: number,
  start: number,
  prices: Map<number, bigint>,
  previous: TickArray | null | undefined,
): Outcome<TickArray | null, LoadRefusal> {
  if (isAbsent(bytes)) return success(null);
  const priceAt = (tick: number) => priceAtTick(prices, tick);
  return decodeTickArray(bytes, { poolBytes, tickSpacing, start, priceAt }, previous);
}

function takeOracle(bytes: AccountBytes | null, poolBytes: Uint8Array): Outcome<Oracle | null, LoadRefusal> {
  return isAbsent(bytes) ? success(null) : decodeOracle(bytes, poolBytes);
}

function takeMint(mint: Address, bytes: AccountBytes | null): Outcome<MintFacts, LoadRefusal> {
  return bytes === null ? refusal('unsupported-mint', `no mint ${mint}`) : decodeMint(mint, bytes);
}

function loadMint(
  mint: Address,
  source: AccountSource,
  absent: Address[],
): Outcome<MintFacts, LoadRefusal> | undefined {
  const bytes = source(mint);
  if (bytes !== undefined) return takeMint(mint, bytes);
  absent.push(mint);
  return undefined;
}

function loadOracle(
  oracle: Address | undefined,
  poolBytes: Uint8Array,
  source: AccountSource,
  absent: Address[],
): Outcome<Oracle | null, LoadRefusal> | undefined {
  if (oracle === undefined) return success(null);
  const bytes = source(oracle);
  if (bytes !== undefined) return takeOracle(bytes, poolBytes);
  absent.push(oracle);
  return undefined;
}

function addressesOf(pool: Address, facts: PoolFacts): PoolAddresses {
  return {
    pool,
    oracle: facts.feeTierIndex === facts.tickSpacing ? undefined : oracleAddress(pool),
    mintA: facts.mintA,
    mintB: facts.mintB,
    vaultA: facts.vaultA,
    vaultB: facts.vaultB,
    arrayByStart: new Map(),
    startByArray: new Map(),
    triesByStart: new Map(),
  };
}

function missing(addresses: readonly Address[]): Loaded<WhirlpoolState> {
  return { ok: false, reason: 'missing-account', missing: addresses };
}

function emptyNumbers(): PoolNumbers {
  return {
    feeRate: 0,
    protocolFeeRate: 0,
    liquidity: 0n,
    sqrtPrice: 0n,
    tickIndex: 0,
    protocolFeeA: 0n,
    protocolFeeB: 0n,
    feeGrowthA: 0n,
    feeGrowthB: 0n,
    rewardTimestamp: 0,
    rewards: [],
  };
}
