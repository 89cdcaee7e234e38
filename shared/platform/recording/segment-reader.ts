import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, zstdDecompressSync } from 'node:zlib';
import { ArbError, errorText } from '../../core/errors.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_MAGIC,
  type BlockHeader,
  decodeBlockHeader,
  FILE_MAGIC,
} from './format.ts';
import { decodeText, type Gap, type SegmentEnd, type SegmentHeader } from './segment-text.ts';

/** Bytes of a file that are not what was written there. */
export interface Damage {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly what: string;
  /** True: the file ends within a block, as it does after a kill; nothing stood behind it. */
  readonly torn: boolean;
}

/** One block of a segment, checked, or what is damaged between two of them. */
export type SegmentPiece =
  | { readonly kind: 'header'; readonly header: SegmentHeader }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'end'; readonly end: SegmentEnd }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | {
      readonly kind: 'events';
      readonly offset: number;
      readonly storedBytes: number;
      readonly events: number;
      readonly firstEvent: number;
      /** For the event decoder. */
      readonly frames: Uint8Array;
    };

const SCAN_BYTES = 1 << 20;
/** The least that zlib takes. */
const MIN_CHUNK_BYTES = 64;

/**
 * The blocks of one segment file in order, one in memory at a time. Damage costs the block that it stands in: the next
 * whole one is found and read. Throws `recording-unreadable` for a file that cannot be read, `recording-foreign` for
 * one that is no recording and `recording-version` for one of another format.
 */
export async function* readSegment(path: string): AsyncGenerator<SegmentPiece, void, void> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    let at = 0;
    const magic = await read(file, 0, FILE_MAGIC.length);
    if (Buffer.compare(magic, FILE_MAGIC) === 0) at = FILE_MAGIC.length;
    else if (size > FILE_MAGIC.length && (await wholeBlockAt(file, FILE_MAGIC.length, size)) === undefined) {
      const message = `${path} is not a recording, or nothing of it is left`;
      throw new ArbError('recording-foreign', message, { path });
    }
    while (at < size) {
      const block = await wholeBlockAt(file, at, size);
      if (block !== undefined) {
        yield pieceOf(path, at, block);
        at += BLOCK_HEADER_BYTES + block.header.storedBytes;
        continue;
      }
      const next = await nextBlock(file, at + 1, size);
      yield { kind: 'damage', damage: await describe(file, path, at, next, size) };
      at = next;
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

interface Block {
  readonly header: BlockHeader;
  readonly payload: Uint8Array;
}

/** The block at `at` when its header and payload are there and pass their checksums. */
async function wholeBlockAt(file: FileHandle, at: number, size: number): Promise<Block | undefined> {
  const header = decodeBlockHeader(await read(file, at, BLOCK_HEADER_BYTES));
  if (header === undefined || at + BLOCK_HEADER_BYTES + header.storedBytes > size) return undefined;
  const payload = await read(file, at + BLOCK_HEADER_BYTES, header.storedBytes);
  return crc32(payload) === header.payloadCrc ? { header, payload } : undefined;
}

function pieceOf(path: string, offset: number, { header, payload }: Block): SegmentPiece {
  const { kind, storedBytes, events, firstEvent } = header;
  try {
    const raw = unpacked(header, payload);
    if (kind === 'events') return { kind, offset, storedBytes, events, firstEvent, frames: raw };
    if (kind === 'header') return { kind, header: decodeText(kind, raw) };
    if (kind === 'gap') return { kind, gap: decodeText(kind, raw) };
    return { kind, end: decodeText(kind, raw) };
  } catch (error) {
    if (error instanceof ArbError && error.code === 'recording-version') throw error;
    const bytes = BLOCK_HEADER_BYTES + storedBytes;
    return { kind: 'damage', damage: { path, offset, bytes, what: errorText(error), torn: false } };
  }
}

function unpacked({ compressed, rawBytes }: BlockHeader, payload: Uint8Array): Uint8Array {
  // In one piece: put together from pieces it would be copied once more.
  const options = { maxOutputLength: Math.max(1, rawBytes), chunkSize: Math.max(MIN_CHUNK_BYTES, rawBytes) };
  const raw = compressed ? zstdDecompressSync(payload, options) : payload;
  if (raw.length !== rawBytes) throw new ArbError('recording-damaged', 'a block unpacks to another length');
  return raw;
}

/** Where the next whole block begins, from `from` on; `size` when there is none. */
async function nextBlock(file: FileHandle, from: number, size: number): Promise<number> {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(BLOCK_MAGIC);
  for (let at = from; at < size; at += SCAN_BYTES) {
    // Overlaps the next window, so that a magic across the border is found.
    const window = await read(file, at, Math.min(SCAN_BYTES + magic.length - 1, size - at));
    for (let found = window.indexOf(magic); found >= 0; found = window.indexOf(magic, found + 1)) {
      if ((await wholeBlockAt(file, at + found, size)) !== undefined) return at + found;
    }
  }
  return size;
}

async function describe(
  file: FileHandle,
  path: string,
  at: number,
  next: number,
  size: number,
): Promise<Damage> {
  const header = decodeBlockHeader(await read(file, at, BLOCK_HEADER_BYTES));
  const torn =
    next === size &&
    (header === undefined
      ? size - at < BLOCK_HEADER_BYTES
      : at + BLOCK_HEADER_BYTES + header.storedBytes > size);
  const what = torn
    ? 'the file ends within a block'
    : header === undefined
      ? 'no block header that passes its checksum'
      : `${header.events} events in a block that fails its checksum`;
  return { path, offset: at, bytes: next - at, what, torn };
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    // Without NONBLOCK the opening of a pipe waits for its writer, and holds one of the few threads that read files.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!(await file.stat()).isFile()) throw new Error('it is no regular file');
    return file;
  } catch (error) {
    await file?.close();
    throw unreadable(path, error);
  }
}

/** At most `length` bytes: fewer where the file ends. */
async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(buffer, got, length - got, at + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return buffer.subarray(0, got);
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof ArbError) return error;
  return new ArbError('recording-unreadable', `cannot read ${path}: ${errorText(error)}`, { path }, error);
}
