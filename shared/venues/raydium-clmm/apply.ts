import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { sameMintFacts } from '../token/token.ts';
import { applyVault } from '../token/vault.ts';
import type { LoadRefusal } from '../venue.ts';
import { arrayOf } from './bitmap.ts';
import { sameBytes } from './bytes.ts';
import { BITMAP_BYTES, checkPoolAccount, decodePoolNumbers, samePoolFacts } from './layout.ts';
import { takeConfig, takeExtension, takeMint, takeTickArray } from './load.ts';
import { type ClmmState, followPrice, forgetLadders, mostOut } from './state.ts';

/** Takes new bytes of one of the state's accounts; others are ignored. */
export function apply(
  state: ClmmState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const outcome = applyTo(state, account, bytes);
  if (!outcome.ok) state.refused.add(account);
  else if (state.refused.size !== 0 && state.refused.delete(account)) return success(true);
  return outcome;
}

function applyTo(
  state: ClmmState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const { addresses } = state;
  if (account === state.address) return applyPool(state, bytes);
  if (account === state.vaultA) return applyVault(state, true, state.address, bytes, mostOut(state, false));
  if (account === state.vaultB) return applyVault(state, false, state.address, bytes, mostOut(state, true));
  const start = addresses.startByArray.get(account);
  if (start !== undefined) return applyTickArray(state, start, bytes);
  if (account === addresses.extension) return applyExtension(state, bytes);
  if (account === addresses.config) {
    const config = takeConfig(bytes);
    if (!config.ok) return config;
    state.config = config.value;
    forgetLadders(state);
    return success(true);
  }
  if (account === state.mintA || account === state.mintB) return applyMint(state, account, bytes);
  return success(false);
}

function applyMint(
  state: ClmmState,
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

function applyPool(state: ClmmState, bytes: AccountBytes | null): Outcome<true, LoadRefusal> {
  if (bytes === null) return refusal('not-this-venue', 'the pool is gone');
  const wrong = checkPoolAccount(bytes);
  if (wrong !== undefined) return refusal(wrong);
  if (!samePoolFacts(state.data, bytes.data)) return refusal('inconsistent-accounts', 'another pool');
  const { tickIndex, bitmap, tickSpacing } = state;
  const decoded = decodePoolNumbers(bytes.data, tickSpacing, state);
  if (!decoded.ok) return decoded;
  state.data = bytes.data;
  forgetLadders(state);
  const sameArray = arrayOf(tickIndex, tickSpacing) === arrayOf(state.tickIndex, tickSpacing);
  if (!sameArray || !sameBytes(bitmap, state.bitmap, 0, BITMAP_BYTES)) followPrice(state);
  return decoded;
}

function applyExtension(state: ClmmState, bytes: AccountBytes | null): Outcome<boolean, LoadRefusal> {
  const extension = takeExtension(bytes, state.addresses.poolBytes);
  if (!extension.ok) return extension;
  const { value } = extension;
  const before = state.extension;
  if (value && before && sameBytes(value, before, 0, value.length)) return success(false);
  state.extension = value;
  forgetLadders(state);
  followPrice(state);
  return success(true);
}

function applyTickArray(
  state: ClmmState,
  start: number,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  if (!state.watched.includes(start)) return success(false);
  const { addresses, tickSpacing, prices } = state;
  const pool = { poolBytes: addresses.poolBytes, tickSpacing, start, prices };
  const array = takeTickArray(bytes, pool, state.tickArrays.get(start));
  if (!array.ok || array.value === undefined) {
    state.tickArrays.delete(start);
    forgetLadders(state);
    return array.ok ? success(true) : array;
  }
  state.tickArrays.set(start, array.value);
  forgetLadders(state);
  return success(true);
}
