import type { RunDescription } from './segment-text.ts';

/** What the thread of the recorder is started with. */
export interface RecorderThreadOptions {
  readonly run: RunDescription;
  /** Where segments are written: the directory sink, or the spool of a bucket. */
  readonly dir: string;
  readonly maxSegmentBytes: number;
  readonly maxSegmentMs: number;
  readonly level: number;
  readonly bucket: BucketSink | undefined;
}

/** Where finished segments are uploaded to. */
export interface BucketSink {
  /** `gs://bucket/prefix`. */
  readonly url: string;
  /** Another API than Google's; undefined: Google's own. */
  readonly endpoint: string | undefined;
  /** Keep the files once they are uploaded. */
  readonly keepFiles: boolean;
  /** Bytes that may wait to be uploaded; beyond them events are left out. */
  readonly maxSpoolBytes: number;
}

export type RecorderRequest =
  | {
      readonly kind: 'block';
      readonly frames: Uint8Array;
      readonly events: number;
      readonly firstEvent: number;
    }
  | { readonly kind: 'gap'; readonly firstEvent: number; readonly events: number; readonly reason: string }
  /** No block follows: finish the segment. */
  | { readonly kind: 'end'; readonly lines: number; readonly decisionsHash: string }
  /** Upload what is left for at most `ms`, and end. */
  | { readonly kind: 'upload'; readonly ms: number };

/** What the thread has come to. */
export interface RecorderThreadStats {
  readonly storedBytes: number;
  readonly segments: number;
  /** Events that the thread could not write. */
  readonly lostEvents: number;
  readonly uploads: number;
  readonly uploadFailures: number;
  readonly waitingUploads: number;
}

export type RecorderReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** A block is done with, written or not: its memory comes back. */
  | { readonly kind: 'done'; readonly frames: Uint8Array; readonly stats: RecorderThreadStats }
  | { readonly kind: 'trouble'; readonly event: string; readonly message: string }
  /** Everything is on the disk. */
  | { readonly kind: 'finished'; readonly stats: RecorderThreadStats }
  | { readonly kind: 'closed'; readonly stats: RecorderThreadStats };
