import type { AccountUpdate } from '../market/update.ts';

/**
 * Everything the engine ever hears, in order. Replaying the same events over the same starting state gives the
 * same records. `atMicros` is when the event reached this process (monotonic); it is stamped, never decided on.
 */
export type MarketEvent =
  | { readonly kind: 'account'; readonly atMicros: number; readonly update: AccountUpdate }
  /** The chain has begun `slot`; every account change of `parent` has been told. */
  | { readonly kind: 'slot'; readonly atMicros: number; readonly slot: number; readonly parent: number }
  /** `live` false: nothing held may be traded on until the feed says `live` again after a fresh snapshot. */
  | { readonly kind: 'feed'; readonly atMicros: number; readonly live: boolean; readonly reason: string }
  | {
      readonly kind: 'control';
      readonly atMicros: number;
      readonly command: 'pause' | 'resume';
      readonly by: string;
    }
  /** A venue's pools may not be quoted while `quarantine` says why; '' lets them trade again. */
  | {
      readonly kind: 'venue';
      readonly atMicros: number;
      readonly venue: string;
      readonly quarantine: string;
    };
