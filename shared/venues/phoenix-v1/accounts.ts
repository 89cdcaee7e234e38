import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { applyVault, loadVaults } from '../token/vault.ts';
import type { Loaded, LoadRefusal, PoolAccount } from '../venue.ts';
import { type BookSide, readSide, wordsOf } from './book.ts';
import { type MarketBytes, sideAfter } from './book-changes.ts';
import { changedFacts, decodeMarket, type MarketFacts, sameMarket } from './layout.ts';
import { PHOENIX_PROGRAM } from './program.ts';
import { type PhoenixState, UNUSABLE } from './state.ts';

const NOT_OURS = refusal('not-this-venue' as const);

/**
 * The market has all that moves an amount. The vaults are watched for being frozen or emptied, and most instructions
 * of market makers leave them alone: they need not stand at the market's slot.
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
  const tokens = {
    mintA: facts.baseMint,
    mintB: facts.quoteMint,
    tokenProgramA: TOKEN_PROGRAM,
    tokenProgramB: TOKEN_PROGRAM,
    vaultA: facts.baseVault,
    vaultB: facts.quoteVault,
  };
  // A vault belongs to itself: its address is the program's and signs for it.
  const vaults = loadVaults(tokens, facts.baseVault, facts.quoteVault, source);
  if (!vaults.ok) return vaults;
  const state: PhoenixState = {
    ...tokens,
    ...vaults.value,
    address: market,
    decimalsA: facts.baseDecimals,
    decimalsB: facts.quoteDecimals,
    accounts,
    facts,
    bids,
    asks,
    data: account.data,
    pending: [],
    unusable: 0,
    offered: { asks: undefined, base: 0n, bids: undefined, quote: 0n },
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
): Outcome<boolean, LoadRefusal> {
  const bit = bitOf(state, account);
  if (bit === 0) return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  const taken = take(state, bit, bytes);
  const before = state.unusable;
  state.unusable = taken.ok ? before & ~bit : before | bit;
  return taken.ok && state.unusable !== before ? success(true) : taken;
}

function bitOf(state: PhoenixState, account: Address): number {
  if (account === state.address) return UNUSABLE.market;
  if (account === state.vaultA) return UNUSABLE.baseVault;
  return account === state.vaultB ? UNUSABLE.quoteVault : 0;
}

function take(state: PhoenixState, bit: number, bytes: AccountBytes | null): Outcome<boolean, LoadRefusal> {
  if (bit === UNUSABLE.market) return takeMarket(state, bytes) ?? success(true);
  if (bit === UNUSABLE.baseVault) return applyVault(state, true, state.vaultA, bytes, baseOffered(state));
  return applyVault(state, false, state.vaultB, bytes, quoteOffered(state));
}

/**
 * Base units that all asks together give, expired ones too. Summed once a side: every swap tells the vaults as well
 * (`bench apply.phoenix-v1`).
 */
function baseOffered(state: PhoenixState): bigint {
  const { asks, facts, offered } = state;
  if (offered.asks !== asks) {
    let lots = 0;
    for (let at = 0; at < asks.count; at++) lots += asks.lots[at]!;
    offered.asks = asks;
    offered.base = wholeAbove(lots) * facts.baseLotSize;
  }
  return offered.base;
}

/** Quote base units that all bids together give, expired ones too. */
function quoteOffered(state: PhoenixState): bigint {
  const { bids, facts, offered } = state;
  if (offered.bids !== bids) {
    let tickLots = 0;
    for (let at = 0; at < bids.count; at++) tickLots += bids.lots[at]! * bids.ticks[at]!;
    offered.bids = bids;
    offered.quote = wholeAbove(tickLots) * facts.quoteLotsPerTickLot * facts.quoteLotSize;
  }
  return offered.quote;
}

/** A whole number no smaller than what the rounded sum of at most 4,096 products stands for. */
function wholeAbove(sum: number): bigint {
  return BigInt(Math.ceil(sum * (1 + 1e-11)));
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
