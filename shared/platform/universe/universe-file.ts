import { z } from 'zod';
import { type Address, isAddress } from '../../core/address.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import { VENUES } from '../../venues/registry.ts';
import { parseJson } from '../config/json-text.ts';
import { replaceFile } from '../files/replace-file.ts';
import { readFileText } from '../files/text-file.ts';
import { didYouMean } from '../process/nearest.ts';

/** What may be traded, as a file that people edit and `arb discover` writes. */
export interface UniverseFile {
  readonly version: 1;
  /** Switches by venue; one that is not named is on. */
  readonly venues: Readonly<Record<string, boolean | undefined>>;
  readonly mints: readonly UniverseMint[];
  readonly pools: readonly ListedPool[];
}

export interface UniverseMint {
  readonly address: Address;
  readonly symbol?: string | undefined;
  /** Default true. False: no pool of this mint is traded. */
  readonly enabled?: boolean | undefined;
  /** For readers. */
  readonly note?: string | undefined;
}

export interface ListedPool {
  readonly venue: string;
  readonly address: Address;
  /** For readers; the chain's own word counts. */
  readonly mintA?: Address | undefined;
  readonly mintB?: Address | undefined;
  /** What could be traded out of both sides when it was discovered, in US dollars; null when no price led to one. */
  readonly liquidityUsd?: number | null | undefined;
  /** Default true. */
  readonly enabled?: boolean | undefined;
  /** For readers. */
  readonly note?: string | undefined;
}

/** What a universe file lets trade. */
export interface EnabledUniverse {
  readonly pools: readonly { readonly venue: string; readonly address: Address }[];
  readonly offMints: readonly Address[];
}

export const EMPTY_UNIVERSE: UniverseFile = { version: 1, venues: {}, mints: [], pools: [] };

const ADDRESS = z
  .string()
  .refine(isAddress, 'must be an address (base58 of 32 bytes)')
  .transform((text) => text as Address);
const VENUE = z.string().superRefine((id, context) => {
  const known = VENUES.map((venue) => venue.id);
  if (known.includes(id)) return;
  context.addIssue(`is no venue that is built${didYouMean(id, known) || `; built: ${known.join(', ')}`}`);
});
const SWITCH = z.boolean('must be true or false').optional();
const NOTE = z.string().max(1_000).optional();
const FILE = z.strictObject({
  version: z.literal(1, 'must be 1'),
  // By name, so that a key that no venue has (`__proto__` too) is one that is not known.
  venues: z.strictObject(Object.fromEntries(VENUES.map(({ id }) => [id, SWITCH]))).default({}),
  mints: z
    .array(
      z.strictObject({
        address: ADDRESS,
        symbol: z.string().min(1).max(16).optional(),
        enabled: SWITCH,
        note: NOTE,
      }),
    )
    .default([]),
  pools: z.array(
    z.strictObject({
      venue: VENUE,
      address: ADDRESS,
      mintA: ADDRESS.optional(),
      mintB: ADDRESS.optional(),
      liquidityUsd: z.number().min(0).nullable().optional(),
      enabled: SWITCH,
      note: NOTE,
    }),
    'must be a list of pools',
  ),
});

const KEYS = 'version venues mints pools address symbol enabled venue liquidityUsd note'.split(' ');
const FORM =
  '{"version": 1, "venues": {VENUE: true}, "mints": [{"address"}], "pools": [{"venue", "address"}]}';

/** Throws `universe-unreadable`, or `universe-invalid` naming the file, the field, its value and what it must be. */
export function readUniverseFile(path: string): UniverseFile {
  let text: string;
  try {
    text = readFileText(path);
  } catch (error) {
    const way = 'make one with arb discover, or name another in universe.file';
    throw new ArbError(
      'universe-unreadable',
      `cannot read ${path}: ${errorText(error)}; ${way}`,
      { path },
      error,
    );
  }
  return parseUniverseFile(text, path);
}

/** A universe from the text of the file at `path`. Throws `universe-invalid`. */
export function parseUniverseFile(text: string, path: string): UniverseFile {
  let json: unknown;
  try {
    // A person's file: a switch that stands there twice would be taken by its last word, in silence.
    json = parseJson(text).value;
  } catch (error) {
    throw invalid(path, '', `is not JSON (${errorText(error)})`);
  }
  const parsed = FILE.safeParse(json);
  if (!parsed.success) {
    const { issues } = parsed.error;
    // A key that is not known is what a missing one was meant to be.
    const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
    throw invalid(path, issue.path.map(String).join('.'), describe(issue, json));
  }
  for (const list of ['mints', 'pools'] as const) {
    const seen = new Set<Address>();
    parsed.data[list].forEach(({ address }, i) => {
      if (seen.has(address))
        throw invalid(path, `${list}.${i}.address`, `is ${address} for the second time; keep one`);
      seen.add(address);
    });
  }
  return parsed.data;
}

export function writeUniverseFile(path: string, universe: UniverseFile): void {
  try {
    replaceFile(path, `${JSON.stringify(universe, null, 2)}\n`);
  } catch (error) {
    throw new ArbError('universe-unwritable', `cannot write ${path}: ${errorText(error)}`, { path }, error);
  }
}

/** The pools that no switch turns off, and the mints that one does. */
export function enabledUniverse({ venues, mints, pools }: UniverseFile): EnabledUniverse {
  return {
    pools: pools
      .filter(({ venue, enabled = true }) => enabled && (venues[venue] ?? true))
      .map(({ venue, address }) => ({ venue, address })),
    offMints: mints.filter(({ enabled = true }) => !enabled).map(({ address }) => address),
  };
}

function describe(issue: z.core.$ZodIssue, json: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    if (issue.path[0] === 'venues') {
      const known = VENUES.map(({ id }) => id);
      return `names ${JSON.stringify(key)}, which is no venue that is built${didYouMean(key, known) || `; built: ${known.join(', ')}`}`;
    }
    return `has an unknown key ${JSON.stringify(key)}${didYouMean(key, KEYS)}`;
  }
  let value = json;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);
  return `is ${shown}: ${issue.message}`;
}

function invalid(path: string, field: string, problem: string): ArbError {
  const where = field === '' ? path : `${path}: ${field}`;
  const message = `${where} ${problem}. A universe file has the form ${FORM}`;
  return new ArbError('universe-invalid', message, { path, field });
}
