import { crc32 } from 'node:zlib';

/** What every segment file begins with; the last but one byte is the version of the format. */
export const FORMAT_VERSION = 1;
export const FILE_MAGIC = Uint8Array.from([0x41, 0x52, 0x42, 0x52, 0x45, 0x43, FORMAT_VERSION, 0x0a]);
export const SEGMENT_SUFFIX = '.arbrec';

/** 'ABLK'. */
export const BLOCK_MAGIC = 0x4b4c_4241;
export const BLOCK_HEADER_BYTES = 40;
/** No block is larger, stored or unpacked: a length above it is damage. An account has at most 10 MiB. */
export const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

export const BLOCK_KINDS = ['header', 'events', 'gap', 'end'] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** What stands before the payload of a block. */
export interface BlockHeader {
  readonly kind: BlockKind;
  /** True: zstd; false: as it is. */
  readonly compressed: boolean;
  /** Bytes of the payload in the file. */
  readonly storedBytes: number;
  /** Bytes of the payload unpacked. */
  readonly rawBytes: number;
  /** Events in it; 0 for the other kinds. */
  readonly events: number;
  /** Number of its first event in the run, from 1; for the other kinds, of the event that would come next. */
  readonly firstEvent: number;
  readonly payloadCrc: number;
}

const CRC_AT = 36;

/** The header of a block before `payload`, with both checksums. */
export function encodeBlockHeader(
  header: Omit<BlockHeader, 'payloadCrc' | 'storedBytes'>,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint8(4, BLOCK_KINDS.indexOf(header.kind));
  view.setUint8(5, header.compressed ? 1 : 0);
  view.setUint32(8, payload.length, true);
  view.setUint32(12, header.rawBytes, true);
  view.setUint32(16, header.events, true);
  view.setBigUint64(20, BigInt(header.firstEvent), true);
  view.setUint32(32, crc32(payload), true);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

/** The header at the start of `bytes`; undefined when there is none, or not a whole and sane one. */
export function decodeBlockHeader(bytes: Uint8Array): BlockHeader | undefined {
  if (bytes.length < BLOCK_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== BLOCK_MAGIC) return undefined;
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(0, CRC_AT))) return undefined;
  const kind = BLOCK_KINDS[view.getUint8(4)];
  const compression = view.getUint8(5);
  const storedBytes = view.getUint32(8, true);
  const rawBytes = view.getUint32(12, true);
  if (kind === undefined || compression > 1) return undefined;
  if (storedBytes > MAX_BLOCK_BYTES || rawBytes > MAX_BLOCK_BYTES) return undefined;
  return {
    kind,
    compressed: compression === 1,
    storedBytes,
    rawBytes,
    events: view.getUint32(16, true),
    firstEvent: Number(view.getBigUint64(20, true)),
    payloadCrc: view.getUint32(32, true),
  };
}

/** What the first byte of a frame's body says that it holds. */
export const FRAME_ACCOUNT = 1;
export const FRAME_NO_ACCOUNT = 2;
export const FRAME_SLOT = 3;
export const FRAME_JSON = 4;
export const FRAME_MARK = 5;

/** How an account's bytes stand in its frame. */
export const BYTES_WHOLE = 0;
export const BYTES_CHANGED = 1;
