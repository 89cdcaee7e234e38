import { z } from 'zod';
import type { AccountWrite } from '../../core/account.ts';
import { type Address, isAddress } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import { U64_MAX } from '../../core/units.ts';
import type { ProgramHash } from '../../venues/program-rules-of.ts';
import type { VectorFile } from '../../venues/vectors.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { readFileText } from './text-file.ts';

/** A market that stood still for a moment: pools of any venue, and the bytes of every account they need. */
export interface MarketSnapshot {
  readonly clock: ChainClock;
  readonly pools: readonly { readonly venue: string; readonly address: Address }[];
  readonly accounts: readonly AccountWrite[];
  /** The binaries that the chain ran then, where the file tells them. */
  readonly programs?: readonly ProgramHash[] | undefined;
}

const ADDRESS = z
  .string()
  .refine(isAddress, 'must be a Solana address (base58 of 32 bytes)')
  .transform((text) => text as Address);
const BASE64 = z
  .string()
  .refine(isBase64, 'must be base64')
  .transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const WHOLE = 'must be a whole number ≥ 0, best as a decimal string';
const U64 = z
  .union([z.string().regex(/^\d{1,20}$/, WHOLE), z.int(WHOLE).min(0, WHOLE)], WHOLE)
  .transform((value) => BigInt(value))
  .refine((value) => value <= U64_MAX, 'must fit 64 bits');
const COUNT = z.int('must be a whole number ≥ 0').min(0, 'must be a whole number ≥ 0');
const CLOCK = z.object({ slot: COUNT, unixTimestamp: COUNT, epoch: COUNT });
const ACCOUNT = z
  .object({ pubkey: ADDRESS, owner: ADDRESS, lamports: U64, data: BASE64 })
  .transform(({ pubkey, owner, lamports, data }): AccountWrite => {
    return { address: pubkey, account: { owner, lamports, data } };
  });

const SHA256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in hex');
const PROGRAMS = z
  .record(z.string(), z.object({ programId: ADDRESS, sha256: SHA256 }))
  .transform((programs): readonly ProgramHash[] =>
    Object.values(programs).map(({ programId, sha256 }) => ({ programId, sha256 })),
  );

const SNAPSHOT = z.object({
  clock: CLOCK,
  pools: z.array(z.object({ venue: z.string().min(1), address: ADDRESS })).min(1, 'must name a pool'),
  accounts: z.array(ACCOUNT),
  programs: PROGRAMS.optional(),
});

const VECTORS = z.object({
  venue: z.string().min(1),
  programs: PROGRAMS.optional(),
  accounts: z.array(ACCOUNT),
  cases: z.array(
    z.object({
      name: z.string(),
      pool: ADDRESS,
      clock: CLOCK,
      accounts: z.array(COUNT),
      swaps: z.array(
        z.object({
          aToB: z.boolean(),
          amountIn: U64,
          amountOut: U64.nullable(),
          consumedIn: U64.optional(),
        }),
      ),
    }),
  ),
});

const SNAPSHOT_FORMAT = '{clock, pools: [{venue, address}], accounts: [{pubkey, owner, lamports, data}]}';
const VECTOR_FORMAT = '{venue, accounts: […], cases: [{name, pool, clock, accounts, swaps}]}';

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(text.replace(/={1,2}$/, ''));
}

/**
 * Reads a market snapshot. Throws `snapshot-unreadable` or what `parseMarketSnapshot` throws.
 *
 * @example
 * ```ts
 * import { readMarketSnapshot } from 'solana-dex-arbitrage/market';
 *
 * const { pools, accounts, clock } = readMarketSnapshot('market.json');
 * pools.length <= accounts.length && clock.slot > 0; // → true
 * ```
 */
export function readMarketSnapshot(path: string): MarketSnapshot {
  return parseMarketSnapshot(readText(path), path);
}

/** Reads a vector file. Throws `snapshot-unreadable` or what `parseVectorFile` throws. */
export function readVectorFile(path: string): VectorFile {
  return parseVectorFile(readText(path), path);
}

/**
 * A market snapshot from the text of `file`. Throws `snapshot-not-json` or `snapshot-invalid` naming the file, the
 * field, its value and what it must be.
 *
 * @example
 * ```ts
 * import { parseMarketSnapshot } from 'solana-dex-arbitrage/market';
 * import { ArbError } from 'solana-dex-arbitrage/quote';
 *
 * let code = '';
 * try {
 *   parseMarketSnapshot('{"pools": []}', 'market.json');
 * } catch (error) {
 *   if (error instanceof ArbError) code = error.code;
 * }
 * code; // → 'snapshot-invalid'
 * ```
 */
export function parseMarketSnapshot(text: string, file: string): MarketSnapshot {
  const snapshot = parse(SNAPSHOT, text, file, SNAPSHOT_FORMAT);
  const seen = new Set<Address>();
  snapshot.accounts.forEach(({ address }, i) => {
    if (seen.has(address)) {
      throw invalid(file, `accounts[${i}].pubkey`, address, 'stands twice; keep one', SNAPSHOT_FORMAT);
    }
    seen.add(address);
  });
  snapshot.pools.forEach(({ address }, i) => {
    if (seen.has(address)) return;
    throw invalid(file, `pools[${i}].address`, address, 'is not among the accounts; add it', SNAPSHOT_FORMAT);
  });
  return snapshot;
}

/** A vector file from the text of `file`. Throws as `parseMarketSnapshot` does. */
export function parseVectorFile(text: string, file: string): VectorFile {
  const { venue, programs, accounts, cases } = parse(VECTORS, text, file, VECTOR_FORMAT);
  return {
    venue,
    programs,
    cases: cases.map((vectorCase, i) => {
      const held = vectorCase.accounts.map((index, j) => {
        const account = accounts[index];
        if (account !== undefined) return account;
        const field = `cases[${i}].accounts[${j}]`;
        throw invalid(
          file,
          field,
          index,
          `must be below ${accounts.length}, the number of accounts`,
          VECTOR_FORMAT,
        );
      });
      return {
        name: vectorCase.name,
        pool: vectorCase.pool,
        clock: vectorCase.clock,
        accounts: new Map(held.map(({ address, account }) => [address, account])),
        swaps: vectorCase.swaps.map((swap) => ({ ...swap, consumedIn: swap.consumedIn })),
      };
    }),
  };
}

function readText(path: string): string {
  try {
    return readFileText(path);
  } catch (error) {
    throw new ArbError('snapshot-unreadable', `cannot read ${path}: ${errorText(error)}`, { path }, error);
  }
}

function parse<T>(schema: z.ZodType<T>, text: string, file: string, format: string): T {
  let json: unknown;
  try {
    json = parseBoundedJson(text);
  } catch (error) {
    const way = `give a file of the form ${format}`;
    throw new ArbError(
      'snapshot-not-json',
      `${file} is not JSON (${errorText(error)}); ${way}`,
      { file },
      error,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(file, fieldName(issue.path), valueAt(json, issue.path), issue.message, format);
}

function invalid(file: string, field: string, value: unknown, problem: string, format: string): ArbError {
  const shown = value === undefined ? 'nothing' : shorten(JSON.stringify(value));
  const where = field === '' ? file : `${file}: ${field}`;
  const message = `${where} is ${shown}: ${problem}. The file must have the form ${format}`;
  return new ArbError('snapshot-invalid', message, { file, field });
}

function fieldName(path: readonly PropertyKey[]): string {
  let name = '';
  for (const key of path) {
    if (typeof key === 'number') name += `[${key}]`;
    else name += name === '' ? String(key) : `.${String(key)}`;
  }
  return name;
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
