import { zstdCompressSync } from 'node:zlib';
import bs58 from 'bs58';
import type { AccountBytes } from '../../../core/account.ts';
import type { AccountsView } from '../../chain/ledger.ts';
import { fragment, type Json, type JsonFragment, jsonText } from './json-text.ts';
import { type Config, choice, config, unsigned } from './params.ts';
import { parsedTokenData } from './parsed-token.ts';
import { INVALID_REQUEST, rpcError } from './rpc-error.ts';

/** `binary` is what no encoding means: base58 text without its name. */
export type AccountEncoding = 'binary' | 'base58' | 'base64' | 'base64+zstd' | 'jsonParsed';

export interface AccountFormat {
  readonly encoding: AccountEncoding;
  readonly slice: { readonly offset: number; readonly length: number } | undefined;
}

const ENCODINGS: readonly AccountEncoding[] = ['binary', 'base58', 'base64', 'base64+zstd', 'jsonParsed'];
const MAX_BASE58_BYTES = 128;
/** Rent-exempt accounts never pay rent: the largest u64. */
const RENT_EPOCH = 18_446_744_073_709_551_615n;

/**
 * Account bytes never change in place, so one encoding of each serves everybody who is told of it. Only the latest texts
 * are kept: kept as long as the bytes, which is 36 slots, they would be most of the node's memory.
 */
let latest = new Map<AccountBytes, Map<AccountEncoding, JsonFragment>>();
let latestBytes = 0;
/** Room for the largest account that the market tells of, an order book. */
const KEPT_BYTES = 262_144;

export function readAccountFormat(settings: Config, missing: AccountEncoding = 'binary'): AccountFormat {
  const encoding = choice(settings.encoding, ENCODINGS, missing);
  if (settings.dataSlice === undefined || settings.dataSlice === null) return { encoding, slice: undefined };
  const { offset, length } = config(settings.dataSlice);
  return { encoding, slice: { offset: unsigned(offset), length: unsigned(length) } };
}

/** Throws the validator's refusal when base58 is asked of more than 128 bytes. */
export function checkBase58(account: AccountBytes, format: AccountFormat): void {
  if (format.encoding !== 'binary' && format.encoding !== 'base58') return;
  if (slicedData(account, format).length > MAX_BASE58_BYTES) {
    throw rpcError(
      INVALID_REQUEST,
      'Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.',
    );
  }
}

/** The JSON of an account. `accounts` gives the mint of a token account for jsonParsed. */
export function encodeAccount(
  account: AccountBytes,
  format: AccountFormat,
  accounts: AccountsView,
): JsonFragment {
  const { encoding } = format;
  if (format.slice !== undefined || encoding === 'jsonParsed') return encodeFresh(account, format, accounts);
  const before = latest.get(account)?.get(encoding);
  if (before !== undefined) return before;
  const fresh = encodeFresh(account, format, accounts);
  keep(account, encoding, fresh);
  return fresh;
}

function keep(account: AccountBytes, encoding: AccountEncoding, text: JsonFragment): void {
  latestBytes += account.data.length;
  if (latestBytes > KEPT_BYTES) {
    latest = new Map();
    latestBytes = account.data.length;
  }
  const known = latest.get(account);
  if (known === undefined) latest.set(account, new Map([[encoding, text]]));
  else known.set(encoding, text);
}

function encodeFresh(account: AccountBytes, format: AccountFormat, accounts: AccountsView): JsonFragment {
  return fragment(
    jsonText({
      data: encodeData(account, format, accounts),
      executable: false,
      lamports: account.lamports,
      owner: account.owner,
      rentEpoch: RENT_EPOCH,
      space: account.data.length,
    }),
  );
}

function encodeData(account: AccountBytes, format: AccountFormat, accounts: AccountsView): Json {
  const data = slicedData(account, format);
  switch (format.encoding) {
    case 'binary':
      return quoted(base58Text(data));
    case 'base58':
      return [quoted(base58Text(data)), 'base58'];
    case 'base64':
      return [quoted(base64Text(data)), 'base64'];
    case 'base64+zstd':
      return [quoted(zstdCompressSync(data).toString('base64')), 'base64+zstd'];
    case 'jsonParsed':
      // What has no parser comes as base64, as a validator sends it.
      return parsedTokenData(account, accounts) ?? [quoted(base64Text(data)), 'base64'];
  }
}

/** Neither alphabet has a character that JSON escapes, so a long text is not copied to look for one. */
function quoted(text: string): JsonFragment {
  return fragment(`"${text}"`);
}

function slicedData(account: AccountBytes, { slice }: AccountFormat): Uint8Array {
  return slice === undefined
    ? account.data
    : account.data.subarray(slice.offset, slice.offset + slice.length);
}

function base58Text(data: Uint8Array): string {
  return data.length > MAX_BASE58_BYTES ? 'error: data too large for bs58 encoding' : bs58.encode(data);
}

function base64Text(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}
