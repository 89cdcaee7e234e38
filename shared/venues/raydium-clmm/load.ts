import type { AccountBytes, AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { decodeMint, type MintFacts } from '../token/token.ts';
import { loadVaults } from '../token/vault.ts';
import type { Loaded, LoadRefusal } from '../venue.ts';
import { arrayAddressOf, createAddresses, findPath, poolAccounts, watchedArrayStarts } from './accounts.ts';
import { checkExtension } from './bitmap.ts';
import { decodeConfig, type FeeConfig } from './config.ts';
import { checkPoolAccount, decodePoolFacts, decodePoolNumbers, type PoolNumbers } from './layout.ts';
import { type ClmmState, priceAtTick } from './state.ts';
import { decodeTickArray, type TickArray } from './tick-array.ts';

/**
 * Decodes a pool. `missing` lists what to fetch: the pool, its config, mints and vaults, and its tick arrays and bitmap
 * extension unless the first array in some direction is known already. Those still unknown then only keep those
 * quotes back that would reach them. `rules`: the set of `program.ts` that the deployed program follows.
 */
export function load(pool: Address, source: AccountSource, rules?: string): Loaded<ClmmState> {
  const account = source(pool);
  if (account === undefined) return missing([pool]);
  if (account === null) return refusal('not-this-venue', 'no such account');
  const wrong = checkPoolAccount(account);
  if (wrong !== undefined) return refusal(wrong);
  const decodedFacts = decodePoolFacts(account.data);
  if (!decodedFacts.ok) return decodedFacts;
  const facts = decodedFacts.value;
  const { tickSpacing } = facts;
  const numbers = emptyNumbers();
  const decoded = decodePoolNumbers(account.data, tickSpacing, numbers);
  if (!decoded.ok) return decoded;

  const absent: Address[] = [];
  const addresses = createAddresses(pool, facts);
  const config = take(facts.config, source, absent, takeConfig);
  if (config !== undefined && !config.ok) return config;
  const mintA = take(facts.mintA, source, absent, (bytes) => takeMint(facts.mintA, bytes));
  if (mintA !== undefined && !mintA.ok) return mintA;
  const mintB = take(facts.mintB, source, absent, (bytes) => takeMint(facts.mintB, bytes));
  if (mintB !== undefined && !mintB.ok) return mintB;

  const unknown: Address[] = [];
  let extension: Uint8Array | null | undefined = null;
  if (addresses.extension !== undefined) {
    const taken = take(addresses.extension, source, unknown, (bytes) =>
      takeExtension(bytes, addresses.poolBytes),
    );
    if (taken !== undefined && !taken.ok) return taken;
    extension = taken?.value;
  }
  const bitmaps = { bitmap: numbers.bitmap, extension };
  const watched = watchedArrayStarts(bitmaps, numbers.tickIndex, tickSpacing);
  const prices = new Map<number, bigint>();
  const tickArrays = new Map<number, TickArray>();
  for (const start of watched) {
    const array = take(arrayAddressOf(addresses, start), source, unknown, (bytes) =>
      takeTickArray(bytes, { poolBytes: addresses.poolBytes, tickSpacing, start, prices }, undefined),
    );
    if (array !== undefined && !array.ok) return array;
    if (array?.value) tickArrays.set(start, array.value);
  }
  const reachable = [true, false].some((aToB) => {
    const first = findPath(bitmaps, numbers.tickIndex, tickSpacing, aToB).starts[0];
    return first !== undefined && tickArrays.has(first);
  });
  if (!reachable) absent.push(...unknown);
  for (const vault of [facts.vaultA, facts.vaultB]) if (source(vault) === undefined) absent.push(vault);
  if (config === undefined || mintA === undefined || mintB === undefined || absent.length > 0) {
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
      observation: facts.observation,
      tickSpacing,
      addresses,
      data: account.data,
      extension,
      config: config.value,
      mintFactsA: mintA.value,
      mintFactsB: mintB.value,
      tickArrays,
      watched,
      accounts: poolAccounts(addresses, watched),
      prices,
      ladders: [],
      touched: new Map(),
      extensionTouched: false,
      refused: new Set(),
      rules,
      isAmbiguous: false,
      staticParts: undefined,
    },
  };
}

function take<T>(
  address: Address,
  source: AccountSource,
  absent: Address[],
  decode: (bytes: AccountBytes | null) => Outcome<T, LoadRefusal>,
): Outcome<T, LoadRefusal> | undefined {
  const bytes = source(address);
  if (bytes !== undefined) return decode(bytes);
  absent.push(address);
  return undefined;
}

export function takeConfig(bytes: AccountBytes | null): Outcome<FeeConfig, LoadRefusal> {
  return bytes === null ? refusal('inconsistent-accounts', 'no config') : decodeConfig(bytes);
}

export function takeMint(mint: Address, bytes: AccountBytes | null): Outcome<MintFacts, LoadRefusal> {
  return bytes === null ? refusal('unsupported-mint', `no mint ${mint}`) : decodeMint(mint, bytes);
}

export function takeExtension(
  bytes: AccountBytes | null,
  poolBytes: Uint8Array,
): Outcome<Uint8Array | null, LoadRefusal> {
  return bytes === null ? success(null) : checkExtension(bytes, poolBytes);
}

/** undefined for an array that does not exist, which the bitmap rules out: quotes that need it refuse. */
export function takeTickArray(
  bytes: AccountBytes | null,
  pool: {
    readonly poolBytes: Uint8Array;
    readonly tickSpacing: number;
    readonly start: number;
    readonly prices: Map<number, bigint>;
  },
  previous: TickArray | undefined,
): Outcome<TickArray | undefined, LoadRefusal> {
  if (bytes === null) return success(undefined);
  const { poolBytes, tickSpacing, start, prices } = pool;
  const priceAt = (tick: number) => priceAtTick(prices, tick);
  return decodeTickArray(bytes, { poolBytes, tickSpacing, start, priceAt }, previous);
}

function missing(addresses: readonly Address[]): Loaded<ClmmState> {
  return { ok: false, reason: 'missing-account', missing: addresses };
}

function emptyNumbers(): PoolNumbers {
  return {
    liquidity: 0n,
    sqrtPrice: 0n,
    tickIndex: 0,
    feeGrowthA: 0n,
    feeGrowthB: 0n,
    protocolFeeA: 0n,
    protocolFeeB: 0n,
    fundFeeA: 0n,
    fundFeeB: 0n,
    status: 0,
    feeOn: 0,
    openTime: 0,
    recentEpoch: 0n,
    rewards: [],
    bitmap: new Uint8Array(0),
    dynamicFee: undefined,
  };
}
