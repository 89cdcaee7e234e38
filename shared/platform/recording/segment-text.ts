import { z } from 'zod';
import { type Address, isAddress } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { FORMAT_VERSION } from './format.ts';

const count = z.number().int().min(0);
const addressText = z.custom<Address>((value) => typeof value === 'string' && isAddress(value));

const runSchema = z.strictObject({
  runId: z.string().regex(/^[A-Za-z0-9-]+$/),
  /** Version of the program that made it. */
  program: z.string(),
  market: z.string(),
  /** Unix milliseconds when the monotonic clock of the events stood at `startedMicros`. */
  startedAtMs: z.number(),
  startedMicros: z.number(),
  /** Every section of the configuration that decides, as a configuration file would hold it. */
  config: z.record(z.string(), z.unknown()),
  pools: z.array(z.strictObject({ venue: z.string(), address: addressText })),
  /** What the market's mints are called, where the source knew. */
  symbols: z.record(z.string(), z.string()),
  /**
   * Venues whose program's version matters: its events tell which is deployed, as far as that was known. `told` in
   * recordings of when there were two of them, absent in those of before.
   */
  programs: z.union([z.literal('told'), z.array(z.string())]).optional(),
});

const headerSchema = z.strictObject({
  format: z.literal(FORMAT_VERSION),
  /** Number of the segment in its run, from 1. */
  segment: count.min(1),
  run: runSchema,
});

const gapSchema = z.strictObject({
  /** The first event that is not there, and how many are not. */
  firstEvent: count,
  events: count,
  reason: z.string(),
});

const endSchema = z.strictObject({
  /** False: the run goes on in the next segment. */
  last: z.boolean(),
  /** Events of the run so far, those in gaps included, and those in gaps. */
  events: count,
  lostEvents: count,
  /** What was decided, at the end of a run. */
  lines: count.optional(),
  decisionsHash: z.string().optional(),
});

/** All that a replay needs of the run that made a recording, beside its events. */
export type RunDescription = Readonly<z.output<typeof runSchema>>;
/** Stands first in every segment. */
export type SegmentHeader = Readonly<z.output<typeof headerSchema>>;
/** Events that the run took and that are not in the recording. */
export type Gap = Readonly<z.output<typeof gapSchema>>;
/** Stands last in a segment that was finished. */
export type SegmentEnd = Readonly<z.output<typeof endSchema>>;

const SCHEMAS = { header: headerSchema, gap: gapSchema, end: endSchema };

export interface SegmentTexts {
  header: SegmentHeader;
  gap: Gap;
  end: SegmentEnd;
}

export function encodeText<Kind extends keyof SegmentTexts>(
  _kind: Kind,
  value: SegmentTexts[Kind],
): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Throws `recording-version` for a segment of another format, and `recording-damaged` for text that is not one. */
export function decodeText<Kind extends keyof SegmentTexts>(
  kind: Kind,
  bytes: Uint8Array,
): SegmentTexts[Kind] {
  let value: unknown;
  try {
    value = parseBoundedJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch (error) {
    throw new ArbError('recording-damaged', `a ${kind} block is not JSON`, { kind }, error);
  }
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (kind === 'header' && typeof format === 'number' && format !== FORMAT_VERSION) {
    const message = `the recording has format ${format} and this version reads ${FORMAT_VERSION}: use the version that made it`;
    throw new ArbError('recording-version', message, { format });
  }
  const parsed = SCHEMAS[kind].safeParse(value);
  if (parsed.success) return parsed.data as SegmentTexts[Kind];
  throw new ArbError('recording-damaged', `a ${kind} block has ${z.prettifyError(parsed.error)}`, { kind });
}
