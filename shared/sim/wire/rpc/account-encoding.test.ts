import { expect, test } from 'vitest';
import type { AccountBytes } from '../../../core/account.ts';
import { SYSTEM_PROGRAM } from '../../../core/address.ts';
import { GONE } from '../../chain/ledger.ts';
import { type AccountFormat, encodeAccount } from './account-encoding.ts';
import { jsonText } from './json-text.ts';

const BASE64: AccountFormat = { encoding: 'base64', slice: undefined };
const ORDER_BOOK_BYTES = 84_944;
const EMPTY = { get: () => null, slotOf: () => undefined, programAccounts: () => [] };

const accountOf = (bytes: number, fill = 7): AccountBytes => ({
  owner: SYSTEM_PROGRAM,
  lamports: 1n,
  data: new Uint8Array(bytes).fill(fill),
});
const encode = (account: AccountBytes, format = BASE64) => encodeAccount(account, format, EMPTY);

test('an account that is told to many is encoded once, each encoding for itself', () => {
  const book = accountOf(ORDER_BOOK_BYTES);
  const first = encode(book);
  encode(book, { encoding: 'base64+zstd', slice: undefined });
  encode(accountOf(165));
  expect(encode(book)).toBe(first);
});

test('only the latest texts are kept, however long the accounts themselves are', () => {
  const book = accountOf(ORDER_BOOK_BYTES);
  const first = encode(book);
  for (let others = 0; others < 4; others++) encode(accountOf(ORDER_BOOK_BYTES, others));
  const again = encode(book);
  expect(again).not.toBe(first);
  expect(jsonText(again)).toBe(jsonText(first));
});

test('an account larger than all that is kept is encoded and told as any other', () => {
  const large = accountOf(1_000_000);
  const { data } = JSON.parse(jsonText(encode(large))) as { data: [string, string] };
  expect(Buffer.compare(Buffer.from(data[0], 'base64'), large.data)).toBe(0);
  expect(jsonText(encode(GONE))).toContain('"data":["","base64"]');
});
