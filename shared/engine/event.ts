import type { Address } from '../core/address.ts';
import type { ChainParameters } from '../core/chain-parameters.ts';
import type { OrderEvent } from '../execution/order-event.ts';
import type { AccountUpdate } from '../market/update.ts';

/**
 * Everything the engine ever hears, in order. Replaying the same events over the same starting state gives the
 * same records. `atMicros` is when the event reached this process (monotonic); it is stamped, never decided on.
 */
export type MarketEvent =
  | {
      readonly kind: 'account';
      readonly atMicros: number;
      readonly update: AccountUpdate;
      /** Name of the endpoint that told it first, or that it was read over HTTP; absent where there is only one source. */
      readonly endpoint?: string;
    }
  /** The chain has begun `slot`; every account change of `parent` has been told. */
  | { readonly kind: 'slot'; readonly atMicros: number; readonly slot: number; readonly parent: number }
  /** `live` false: nothing held may be traded on until the feed says `live` again after a fresh snapshot. */
  | { readonly kind: 'feed'; readonly atMicros: number; readonly live: boolean; readonly reason: string }
  /**
   * What is held of these accounts is unconfirmed (their connection fell behind or broke, or the chain forked): pools
   * that read one of them are not quoted until each was told again. What is told of them after this event confirms.
   */
  | {
      readonly kind: 'lost';
      readonly atMicros: number;
      readonly addresses: readonly Address[];
      readonly reason: string;
    }
  | {
      readonly kind: 'control';
      readonly atMicros: number;
      readonly command: 'pause' | 'resume';
      readonly by: string;
    }
  /**
   * What was lost before this engine was made and counts against its loss limit, and whether the limit was reached
   * there: the trading of a process that died goes on, or stays halted, in the next one.
   */
  | {
      readonly kind: 'loss';
      readonly atMicros: number;
      readonly lamports: bigint;
      readonly halted: boolean;
      readonly by: string;
    }
  /** What became of an order of ours. */
  | OrderEvent
  /**
   * What a wallet's account holds as of `slot`, base units of `mint`; lamports count as wSOL. `source` is the account.
   * False where it is not there: to receive the mint it must be made, and paid for.
   */
  | {
      readonly kind: 'balance';
      readonly atMicros: number;
      readonly mint: Address;
      readonly amount: bigint;
      readonly exists: boolean;
      readonly slot: number;
      readonly source: Address;
    }
  /** A venue's pools may not be quoted while `quarantine` says why; '' lets them trade again. */
  | {
      readonly kind: 'venue';
      readonly atMicros: number;
      readonly venue: string;
      readonly quarantine: string;
    }
  /**
   * The program of a venue, by the sha256 of its binary, and the rule set that it was proven to follow; '' where that is
   * not known: then nothing is quoted that the sets differ on.
   */
  | {
      readonly kind: 'program';
      readonly atMicros: number;
      readonly venue: string;
      readonly programHash: string;
      readonly rules: string;
    }
  /**
   * What a mint is worth outside the chain, in fixed point (see market/reference-price.ts). Counts only where no
   * quotable pool prices the mint, and only for a number of slots.
   */
  | {
      readonly kind: 'price';
      readonly atMicros: number;
      readonly mint: Address;
      readonly unitsPerLamportScaled: bigint;
      readonly source: string;
    }
  /** What a compute unit costs now. Counts for a number of slots; then the configured fee does again. */
  | {
      readonly kind: 'fee';
      readonly atMicros: number;
      readonly microLamportsPerUnit: bigint;
      readonly source: string;
    }
  /** What the chain is from now on, whole: slot time, rent, limits. It holds until the next one, also while down. */
  | { readonly kind: 'chain'; readonly atMicros: number; readonly parameters: ChainParameters }
  /**
   * What may be traded from now on, whole: other pools are let go, and pools of a mint in `offMints` are kept but not
   * traded.
   */
  | {
      readonly kind: 'universe';
      readonly atMicros: number;
      readonly pools: readonly { readonly venue: string; readonly address: Address }[];
      readonly offMints: readonly Address[];
    };
