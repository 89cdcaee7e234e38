import type { Readable, Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { type Outcome, refusal, success } from '../../core/outcome.ts';

/** `too-large`: over its own bound, or with what others hold. `bad-encoding`: it cannot be decoded. */
export type BodyProblem = 'too-large' | 'bad-encoding';

/** Memory that answers may take together, so that many large ones at once are as bounded as one. */
export interface HeldBytes {
  /** False when so many more would be over `max`. */
  take(bytes: number, max: number): boolean;
  free(bytes: number): void;
}

export function createHeldBytes(): HeldBytes {
  let held = 0;
  return {
    take(bytes, max) {
      if (held + bytes > max) return false;
      held += bytes;
      return true;
    },
    free(bytes) {
      held -= bytes;
    },
  };
}

const ZLIB_HEADER = 0x78;
const MAX_CODINGS = 2;

export interface BodyParams {
  readonly body: Readable;
  /** The Content-Encoding header; '' for none. */
  readonly encoding: string;
  /** No more are ever held, before or after decoding. */
  readonly maxBytes: number;
  readonly held: HeldBytes;
  /** The most that `held` may come to. */
  readonly maxHeld: number;
  /** A longer body is given as far as `maxBytes` instead of refused. */
  readonly cut: boolean;
}

/** Reads a body whole, decoded. Rejects as the stream does when it breaks; it is at its end or destroyed afterwards. */
export async function readBody(params: BodyParams): Promise<Outcome<Buffer, BodyProblem>> {
  const { body, encoding, maxBytes, held, maxHeld, cut } = params;
  const codings = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (codings.length > MAX_CODINGS || !codings.every((name) => KNOWN.has(name))) {
    body.on('error', () => {}).destroy();
    return refusal('bad-encoding', `its Content-Encoding is ${codings.join(', ').slice(0, 60)}`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  let taken = 0;
  const decoders: Transform[] = [];
  /** What a decoder holds is free when it has closed, which may be after this answer was given up. */
  const open = (coding: string, first: number): Transform | undefined => {
    const window = windowBytes(coding, first);
    if (!held.take(window, maxHeld)) return undefined;
    const decoder = decoderOf(coding, first);
    decoder.once('close', () => held.free(window));
    decoders.push(decoder);
    return decoder;
  };
  try {
    // The last coding was put on last and comes off first.
    const source = codings.length === 0 ? body : await decode(body, codings.reverse(), maxBytes, open);
    if (source === 'empty') return refusal('bad-encoding', 'it is empty');
    if (source === 'no-room') return refusal('too-large', 'too much is on its way at once');
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const over = bytes + chunk.length > maxBytes;
      if ((over && !cut) || !held.take(chunk.length, maxHeld)) {
        return refusal('too-large', over ? `it is over ${maxBytes} bytes` : 'too much is on its way at once');
      }
      taken += chunk.length;
      chunks.push(over ? chunk.subarray(0, maxBytes - bytes) : chunk);
      bytes += chunk.length;
      if (over) break;
    }
    return success(Buffer.concat(chunks, Math.min(bytes, maxBytes)));
  } catch (thrown) {
    if (isDecodeError(thrown)) return refusal('bad-encoding', 'it is not what its Content-Encoding says');
    if (isOver(thrown)) return refusal('too-large', `it is over ${maxBytes} bytes`);
    throw thrown;
  } finally {
    held.free(taken);
    for (const stream of [body, ...decoders]) stream.on('error', () => {}).destroy();
  }
}

const KNOWN: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd']);

/** The decoded stream, `empty` when there was nothing to decode, or `no-room` for what a decoder must hold to begin. */
async function decode(
  body: Readable,
  codings: readonly string[],
  maxBytes: number,
  open: (coding: string, first: number) => Transform | undefined,
): Promise<Readable | 'empty' | 'no-room'> {
  let source: Readable = body;
  for (const coding of codings) {
    const first = await firstByte(source);
    if (first === undefined) return 'empty';
    const next = open(coding, first);
    if (next === undefined) return 'no-room';
    const before = source;
    // What breaks before, breaks after; what is given up after, is given up before.
    before.on('error', (error) => next.destroy(error));
    next.on('close', () => before.destroy());
    source = before.pipe(next);
  }
  // What decodes to nothing for ever is bounded by what is sent.
  let sent = 0;
  body.on('data', (chunk: Buffer) => {
    sent += chunk.length;
    if (sent > maxBytes) source.destroy(new OverError());
  });
  return source;
}

class OverError extends Error {}

function isOver(thrown: unknown): boolean {
  return thrown instanceof OverError;
}

const DEFLATE_WINDOW_BYTES = 48 * 1_024;
/** 8 MiB, what every zstd encoder stays under unless told otherwise; the format allows a hundred times as much. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** What a decoder holds of what it has decoded, however little that is: a stream says so in its first bits. */
function windowBytes(coding: string, first: number): number {
  if (coding === 'br') return 2 ** brotliWindowLog(first);
  return coding === 'zstd' ? 2 ** ZSTD_WINDOW_LOG_MAX : DEFLATE_WINDOW_BYTES;
}

/** WBITS of RFC 7932, section 9.1. */
function brotliWindowLog(first: number): number {
  if ((first & 1) === 0) return 16;
  const high = (first >> 1) & 7;
  if (high !== 0) return 17 + high;
  const low = (first >> 4) & 7;
  return low < 2 ? 17 : 8 + low;
}

function decoderOf(coding: string, first: number): Transform {
  switch (coding) {
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress({
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
      });
    case 'deflate':
      // Some servers leave out the header that the name stands for.
      return (first & 0x0f) === (ZLIB_HEADER & 0x0f) ? createInflate() : createInflateRaw();
    default:
      return createGunzip();
  }
}

function firstByte(source: Readable): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const chunk = source.read() as Buffer | null;
      if (chunk === null) return;
      done();
      source.unshift(chunk);
      resolve(chunk[0]);
    };
    const end = (): void => {
      done();
      resolve(undefined);
    };
    const fail = (error: unknown): void => {
      done();
      reject(error as Error);
    };
    const done = (): void => {
      source.off('readable', look).off('end', end).off('error', fail);
    };
    source.on('readable', look).on('end', end).on('error', fail);
  });
}

function isDecodeError(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false;
  return (
    /^(?:Z_|ERR_|ZSTD_)/.test(String(thrown.code)) && !/PREMATURE|ABORT|STREAM/.test(String(thrown.code))
  );
}
