import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { decodeTokenAccount } from '../token.ts';
import type { Loaded, LoadRefusal, PoolAccount } from '../venue.ts';
import { type BookSide, readSide, wordsOf } from './book.ts';
import { type MarketBytes, sideAfter } from './book-changes.ts';
import { changedFacts, decodeMarket, type MarketFacts, sameMarket } from './layout.ts';
import { PHOENIX_PROGRAM } from './program.ts';
import { type PhoenixState, UNUSABLE } from './state.ts';

const NOT_OURS = refusal('not-this-venue' as const);

/**
 * The market has all that moves an amount. The vaults are watched only for being frozen, and most instructions of
 * market makers leave them alone: they need not stand at the market's slot.
 */
function accountsOf(market: Address, facts: MarketFacts): readonly PoolAccount[] {
  return [
    { address: market, role: 'pool', everySwap: true },
    { address: facts.baseVault, role: 'vault', everySwap: false },
    { address: facts.quoteVault, role: 'vault', everySwap: false },
  ];
}

/** Decodes a market with its whole book. Never throws. */
export function load(market: Address, source: AccountSource): Loaded<PhoenixState> {
  const account = source(market);
  if (account === undefined) return { ok: false, reason: 'missing-account', missing: [market] };
  if (account === null || account.owner !== PHOENIX_PROGRAM) return NOT_OURS;
  const decoded = decodeMarket(account.data);
  if (!decoded.ok) return decoded;
  const facts = decoded.value;
  const named = [market, facts.baseVault, facts.quoteVault, facts.baseMint, facts.quoteMint];
  if (new Set(named).size !== named.length) {
    return refusal('inconsistent-accounts', 'one address in two roles');
  }
  const words = wordsOf(account.data);
  const bids = readSide(words, facts, true);
  if (typeof bids === 'string') return refusal('inconsistent-accounts', `bids: ${bids}`);
  const asks = readSide(words, facts, false);
  if (typeof asks === 'string') return refusal('inconsistent-accounts', `asks: ${asks}`);

  const accounts = accountsOf(market, facts);
  const missing = accounts.map(({ address }) => address).filter((address) => source(address) === undefined);
  if (missing.length > 0) return { ok: false, reason: 'missing-account', missing };
  const unusable =
    checkVault(source(facts.baseVault) ?? null, facts.baseVault, facts.baseMint) ??
    checkVault(source(facts.quoteVault) ?? null, facts.quoteVault, facts.quoteMint);
  if (unusable !== undefined) return unusable;
  const state: PhoenixState = {
    address: market,
    mintA: facts.baseMint,
    mintB: facts.quoteMint,
    decimalsA: facts.baseDecimals,
    decimalsB: facts.quoteDecimals,
    tokenProgramA: TOKEN_PROGRAM,
    tokenProgramB: TOKEN_PROGRAM,
    vaultA: facts.baseVault,
    vaultB: facts.quoteVault,
    accounts,
    facts,
    bids,
    asks,
    data: account.data,
    pending: [],
    unusable: 0,
  };
  return { ok: true, state };
}

/**
 * Takes new bytes of the market or a vault. While any account's newest bytes were refused the pool quotes
 * `missing-account`, whatever the others say.
 */
export function apply(
  state: PhoenixState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<true, LoadRefusal> {
  let bit = 0;
  let refused: Refusal<LoadRefusal> | undefined;
  if (account === state.address) {
    bit = UNUSABLE.market;
    refused = takeMarket(state, bytes);
  } else if (account === state.vaultA) {
    bit = UNUSABLE.baseVault;
    refused = checkVault(bytes, state.vaultA, state.mintA);
  } else if (account === state.vaultB) {
    bit = UNUSABLE.quoteVault;
    refused = checkVault(bytes, state.vaultB, state.mintB);
  } else {
    return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  }
  state.unusable = refused === undefined ? state.unusable & ~bit : state.unusable | bit;
  return refused ?? success(true);
}

function takeMarket(state: PhoenixState, bytes: AccountBytes | null): Refusal<LoadRefusal> | undefined {
  if (bytes === null || bytes.owner !== PHOENIX_PROGRAM) return NOT_OURS;
  const { data } = bytes;
  if (data.length !== state.data.length) return refusal('wrong-length', `${data.length} bytes`);
  if (!sameMarket(state.data, data)) {
    return refusal('inconsistent-accounts', 'the market names other accounts, lots or ticks than before');
  }
  const facts = changedFacts(state.facts, data);
  if (facts === undefined) return refusal('inconsistent-accounts', 'a status or fee that the program lacks');
  // Most instructions touch a few orders. Columns that a settled swap has changed are not those of the bytes.
  const before = state.pending.length === 0 ? marketBytesOf(state.data) : undefined;
  const after = marketBytesOf(data);
  const bids = nextSide(state, facts, before, after, true);
  if (typeof bids === 'string') return refusal('inconsistent-accounts', `bids: ${bids}`);
  const asks = nextSide(state, facts, before, after, false);
  if (typeof asks === 'string') return refusal('inconsistent-accounts', `asks: ${asks}`);
  state.facts = facts;
  state.bids = bids;
  state.asks = asks;
  state.data = data;
  state.pending = [];
  return undefined;
}

function marketBytesOf(data: Uint8Array): MarketBytes {
  return { bytes: Buffer.from(data.buffer, data.byteOffset, data.length), words: wordsOf(data) };
}

function nextSide(
  state: PhoenixState,
  facts: MarketFacts,
  before: MarketBytes | undefined,
  after: MarketBytes,
  isBids: boolean,
): BookSide | string {
  const place = isBids ? facts.bids : facts.asks;
  const known =
    before === undefined ? undefined : sideAfter(before, after, place, isBids ? state.bids : state.asks);
  return known ?? readSide(after.words, facts, isBids);
}

/** A vault belongs to itself: its address is the program's and signs for it. */
function checkVault(
  account: AccountBytes | null,
  address: Address,
  mint: Address,
): Refusal<LoadRefusal> | undefined {
  if (account === null) return refusal('vault-unusable', 'the account is gone');
  if (account.owner !== TOKEN_PROGRAM) return refusal('vault-unusable', `owned by ${account.owner}`);
  const vault = decodeTokenAccount(account);
  if (!vault.ok) return vault;
  if (vault.value.mint !== mint) return refusal('inconsistent-accounts', `vault of mint ${vault.value.mint}`);
  if (vault.value.owner !== address) return refusal('inconsistent-accounts', `vault of ${vault.value.owner}`);
  return vault.value.frozen ? refusal('vault-unusable', 'frozen') : undefined;
}
