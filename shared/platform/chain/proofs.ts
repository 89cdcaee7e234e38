import { join } from 'node:path';
import { z } from 'zod';
import { type Address, isAddress } from '../../core/address.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { makeFolder } from '../files/make-folder.ts';
import { replaceFile } from '../files/replace-file.ts';
import { readFileText } from '../files/text-file.ts';

export const PROOFS_FILE = 'proofs.json';

/** What the last proof of a venue against its real program found. */
export interface VenueProof {
  readonly venue: string;
  readonly programId: Address;
  /** Of the venue's program: sha256 in hex without trailing zeros (see program-binary.ts). */
  readonly programDataHash: string;
  /** Other programs that its swaps run through. */
  readonly otherPrograms: readonly { readonly programId: Address; readonly programDataHash: string }[];
  /** Of several rule sets that versions of it had: the only one whose every swap was equal. */
  readonly rules?: string | undefined;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** The pools that were swapped on. */
  readonly pools: readonly Address[];
  /** Transactions executed and compared. */
  readonly samples: number;
  /** Those of them that did what was predicted, to the unit. */
  readonly equal: number;
  /** Those of the equal that paid: a venue whose every swap fails proves nothing. */
  readonly paid: number;
}

/** Proofs by venue, kept in a file of a data directory. */
export interface Proofs {
  /** The last proof of the venue, or undefined. Throws `store-proofs-…` when the file is damaged. */
  of(venue: string): VenueProof | undefined;
  all(): readonly VenueProof[];
  /** Keeps each proof as its venue's last. The file is replaced whole: a crash leaves the old or the new one. */
  record(proofs: readonly VenueProof[]): void;
  readonly path: string;
}

const ADDRESS = z
  .string()
  .refine(isAddress, 'must be a Solana address (base58 of 32 bytes)')
  .transform((text) => text as Address);
const HASH = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in hex');
const COUNT = z.int().min(0);
const FILE = z.object({
  version: z.literal(1, 'is of another version of this program'),
  proofs: z.array(
    z.object({
      venue: z.string().min(1),
      programId: ADDRESS,
      programDataHash: HASH,
      rules: z.string().optional(),
      otherPrograms: z.array(z.object({ programId: ADDRESS, programDataHash: HASH })),
      date: z.iso.datetime(),
      pools: z.array(ADDRESS),
      samples: COUNT,
      equal: COUNT,
      paid: COUNT,
    }),
  ),
});

/** True when the proof found every sample equal, and some of them paid. */
export function proofHolds({ samples, equal, paid }: VenueProof): boolean {
  return equal === samples && paid > 0;
}

/** The proofs in `dir`; nothing is read or made before the first call. */
export function createProofs(dir: string): Proofs {
  const path = join(dir, PROOFS_FILE);

  function all(): readonly VenueProof[] {
    let text: string;
    try {
      text = readFileText(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw failed('read', path, error);
    }
    return parseProofs(text, path);
  }

  return {
    path,
    all,
    of: (venue) => all().find((proof) => proof.venue === venue),
    record(proofs) {
      const kept = new Map(all().map((proof) => [proof.venue, proof]));
      for (const proof of proofs) kept.set(proof.venue, proof);
      const sorted = [...kept.values()].sort((a, b) => (a.venue < b.venue ? -1 : 1));
      const text = `${JSON.stringify({ version: 1, proofs: sorted }, null, 2)}\n`;
      try {
        makeFolder(dir);
        replaceFile(path, text);
      } catch (error) {
        throw failed('write', path, error);
      }
    },
  };
}

function parseProofs(text: string, path: string): readonly VenueProof[] {
  const damaged = (problem: string): ArbError =>
    new ArbError('store-proofs-damaged', `${path} ${problem}; delete it and run arb prove again`, { path });
  let json: unknown;
  try {
    json = parseBoundedJson(text);
  } catch (error) {
    throw damaged(`is not JSON (${errorText(error)})`);
  }
  const parsed = FILE.safeParse(json);
  if (parsed.success) return parsed.data.proofs;
  const issue = parsed.error.issues[0]!;
  throw damaged(`is damaged at ${issue.path.join('.') || 'its top'}: ${issue.message}`);
}

function failed(what: string, path: string, error: unknown): ArbError {
  return new ArbError('store-proofs-io', `cannot ${what} ${path}: ${errorText(error)}`, { path }, error);
}
