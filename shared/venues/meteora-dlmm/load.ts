import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, addressBytes } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { decodeMint, type MintFacts, sameMintFacts } from '../token/token.ts';
import { applyVault, loadVaults } from '../token/vault.ts';
import type { Loaded, LoadRefusal } from '../venue.ts';
import {
  arrayAddressOf,
  extensionAddressOf,
  type PoolAddresses,
  poolAccounts,
  type Window,
  windowAround,
} from './accounts.ts';
import { arrayOfBin, type BinArray, decodeBinArray } from './bin-array.ts';
import {
  type ArrayIndexes,
  decodeExtension,
  decodeInnerBitmap,
  type Reach,
  sameInnerBitmap,
} from './bitmap.ts';
import {
  checkPoolAccount,
  decodePoolFacts,
  decodePoolNumbers,
  type PoolFacts,
  type PoolNumbers,
  samePoolFacts,
} from './layout.ts';
import { type DlmmState, followPrice, forgetLadders, mostOut } from './state.ts';

/**
 * Decodes a pool. `missing` lists what to fetch: the pool, its vaults and mints, and its bin arrays (and bitmap
 * extension, where the search for them leaves the pool's own bitmap) unless one direction can begin already. What is
 * still unknown then only keeps those quotes back that would reach it.
 */
export function load(pool: Address, source: AccountSource): Loaded<DlmmState> {
  const account = source(pool);
  if (account === undefined) return missing([pool]);
  if (account === null) return refusal('not-this-venue', 'no such account');
  const wrong = checkPoolAccount(account);
  if (wrong !== undefined) return refusal(wrong);
  const facts = decodePoolFacts(account.data);
  const numbers = emptyNumbers();
  const decoded = decodePoolNumbers(account.data, numbers);
  if (!decoded.ok) return decoded;
  const poolBytes = addressBytes(pool);
  const addresses = addressesOf(pool, facts);
  const absent: Address[] = [];
  const mintA = asked(facts.mintA, source, absent, takeMint);
  if (mintA !== undefined && !mintA.ok) return mintA;
  const mintB = asked(facts.mintB, source, absent, takeMint);
  if (mintB !== undefined && !mintB.ok) return mintB;
  for (const vault of [facts.vaultA, facts.vaultB]) if (source(vault) === undefined) absent.push(vault);

  const inner = decodeInnerBitmap(account.data);
  const base = arrayOfBin(numbers.activeId);
  let outer: ArrayIndexes | null | undefined;
  let window = windowAround(base, inner, outer);
  if (window.usesExtension) {
    const bytes = source(extensionAddressOf(addresses));
    const extension = bytes === undefined ? undefined : takeExtension(bytes, poolBytes);
    if (extension?.ok === false) return extension;
    outer = extension?.value;
    window = windowAround(base, inner, outer);
  }
  const arrays = new Map<number, BinArray | null>();
  const unknown = loadArrays({ source, addresses, poolBytes, window }, arrays);
  if (!Array.isArray(unknown)) return unknown;
  if (window.usesExtension && outer === undefined) unknown.push(extensionAddressOf(addresses));
  if (!canBegin(window.down, arrays) && !canBegin(window.up, arrays)) absent.push(...unknown);
  if (absent.length > 0 || mintA === undefined || mintB === undefined) return missing(absent);
  const tokens = {
    mintA: facts.mintA,
    mintB: facts.mintB,
    tokenProgramA: mintA.value.tokenProgram,
    tokenProgramB: mintB.value.tokenProgram,
    vaultA: facts.vaultA,
    vaultB: facts.vaultB,
  };
  // The program pays from its vaults as the pool.
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
      binStep: facts.binStep,
      oracle: facts.oracle,
      addresses,
      poolBytes,
      data: account.data,
      mintFactsA: mintA.value,
      mintFactsB: mintB.value,
      inner,
      outer,
      arrays,
      window,
      accounts: poolAccounts(addresses, window),
      ladders: [],
      touched: new Set(),
      refused: new Set(),
    },
  };
}

/** Decodes the window's arrays into `arrays`; gives the addresses of those that nobody has asked for yet. */
function loadArrays(
  from: {
    readonly source: AccountSource;
    readonly addresses: PoolAddresses;
    readonly poolBytes: Uint8Array;
    readonly window: Window;
  },
  arrays: Map<number, BinArray | null>,
): Address[] | Exclude<Outcome<never, LoadRefusal>, { ok: true }> {
  const unknown: Address[] = [];
  for (const index of from.window.watched) {
    const address = arrayAddressOf(from.addresses, index);
    const bytes = from.source(address);
    if (bytes === undefined) {
      unknown.push(address);
      continue;
    }
    const array = takeArray(bytes, from.poolBytes, index);
    if (!array.ok) return array;
    arrays.set(index, array.value);
  }
  return unknown;
}

/** True when a swap in that direction has its first array, or surely none. */
function canBegin(reach: Reach, arrays: ReadonlyMap<number, BinArray | null>): boolean {
  const first = reach.indexes[0];
  return first === undefined ? reach.end !== 'extension-unknown' : arrays.has(first);
}

/** Takes new bytes of one of the state's accounts; others are ignored. */
export function apply(
  state: DlmmState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const outcome = applyTo(state, account, bytes);
  if (!outcome.ok) state.refused.add(account);
  else if (state.refused.size !== 0 && state.refused.delete(account)) return success(true);
  return outcome;
}

function applyTo(
  state: DlmmState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const { addresses } = state;
  if (account === state.address) return applyPool(state, bytes);
  if (account === state.vaultA) return applyVault(state, true, state.address, bytes, mostOut(state, false));
  if (account === state.vaultB) return applyVault(state, false, state.address, bytes, mostOut(state, true));
  const index = addresses.indexByArray.get(account);
  if (index !== undefined) return applyArray(state, index, bytes);
  if (account === addresses.extension) return applyExtension(state, bytes);
  if (account === state.mintA || account === state.mintB) return applyMint(state, account, bytes);
  return success(false);
}

function applyMint(
  state: DlmmState,
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

function applyPool(state: DlmmState, bytes: AccountBytes | null): Outcome<true, LoadRefusal> {
  if (bytes === null) return refusal('not-this-venue', 'the pool is gone');
  const wrong = checkPoolAccount(bytes);
  if (wrong !== undefined) return refusal(wrong);
  if (!samePoolFacts(state.data, bytes.data)) return refusal('inconsistent-accounts', 'another pool');
  const decoded = decodePoolNumbers(bytes.data, state);
  if (!decoded.ok) return decoded;
  const bitmapMoved = !sameInnerBitmap(state.data, bytes.data);
  if (bitmapMoved) state.inner = decodeInnerBitmap(bytes.data);
  state.data = bytes.data;
  forgetLadders(state);
  followPrice(state, bitmapMoved);
  return decoded;
}

function applyArray(
  state: DlmmState,
  index: number,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  if (!state.window.watched.includes(index)) return success(false);
  forgetLadders(state);
  const array = takeArray(bytes, state.poolBytes, index);
  if (!array.ok) {
    state.arrays.delete(index);
    return array;
  }
  state.arrays.set(index, array.value);
  return success(true);
}

function applyExtension(state: DlmmState, bytes: AccountBytes | null): Outcome<boolean, LoadRefusal> {
  if (!state.window.usesExtension) return success(false);
  const extension = takeExtension(bytes, state.poolBytes);
  if (!extension.ok) return extension;
  state.outer = extension.value;
  forgetLadders(state);
  followPrice(state, true);
  return success(true);
}

function takeArray(
  bytes: AccountBytes | null,
  poolBytes: Uint8Array,
  index: number,
): Outcome<BinArray | null, LoadRefusal> {
  return bytes === null ? success(null) : decodeBinArray(bytes, poolBytes, index);
}

function takeExtension(
  bytes: AccountBytes | null,
  poolBytes: Uint8Array,
): Outcome<ArrayIndexes | null, LoadRefusal> {
  return bytes === null ? success(null) : decodeExtension(bytes, poolBytes);
}

function takeMint(mint: Address, bytes: AccountBytes | null): Outcome<MintFacts, LoadRefusal> {
  return bytes === null ? refusal('unsupported-mint', `no mint ${mint}`) : decodeMint(mint, bytes);
}

/** What `take` makes of an account's bytes; undefined, and noted in `absent`, when nobody has asked for them. */
function asked<T>(
  address: Address,
  source: AccountSource,
  absent: Address[],
  take: (address: Address, bytes: AccountBytes | null) => Outcome<T, LoadRefusal>,
): Outcome<T, LoadRefusal> | undefined {
  const bytes = source(address);
  if (bytes !== undefined) return take(address, bytes);
  absent.push(address);
  return undefined;
}

function addressesOf(pool: Address, facts: PoolFacts): PoolAddresses {
  return {
    pool,
    vaultA: facts.vaultA,
    vaultB: facts.vaultB,
    mintA: facts.mintA,
    mintB: facts.mintB,
    arrayByIndex: new Map(),
    indexByArray: new Map(),
    extension: undefined,
  };
}

function missing(addresses: readonly Address[]): Loaded<DlmmState> {
  return { ok: false, reason: 'missing-account', missing: addresses };
}

function emptyNumbers(): PoolNumbers {
  return {
    fee: {
      binStep: 0,
      baseRate: 0n,
      filterPeriod: 0,
      decayPeriod: 0,
      reductionFactor: 0,
      variableFeeControl: 0,
      maxAccumulator: 0,
      protocolShareBps: 0,
    },
    volatility: { accumulator: 0, reference: 0, indexReference: 0, updatedAt: 0n },
    activeId: 0,
    enabled: false,
    activationType: 0,
    activationPoint: 0n,
    takesLimitOrders: false,
    feeOnB: false,
    protocolFeeA: 0n,
    protocolFeeB: 0n,
  };
}
