import type { AccountSource, AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import type { Instruction } from '../../core/instruction.ts';
import type { PoolState, SwapArgs, Venue } from '../venue.ts';

/** A swap instruction of a venue, read back from its bytes. */
export interface SwapCall extends SwapArgs {
  readonly pool: Address;
}

/** How a local market asks for a pool; prices are whole B per whole A. */
export interface PoolSpec {
  readonly seed: string;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly decimalsA: number;
  readonly decimalsB: number;
  /** SPL Token unless given. Vaults under Token-2022 can withhold a transfer fee. */
  readonly tokenProgramA?: Address;
  readonly tokenProgramB?: Address;
  readonly price: number;
  /** Whole units of A, and their worth in B, that stand near the price. */
  readonly depthA: number;
  readonly feeBps: number;
  /** Picks among a venue's variants (adaptive fee, dynamic tick arrays, creator fee, …). */
  readonly variant: number;
  /**
   * The chain that the pool joins. Where the venue's pools share accounts, as vaults of a mint, it uses those that are
   * there, and gives them back as it leaves them. Absent: everything that it uses is its own.
   */
  readonly chain?: AccountSource;
}

/** A pool made from a spec: `accounts` has everything but the mints. */
export interface SynthesizedPool {
  readonly address: Address;
  readonly accounts: readonly AccountWrite[];
}

/** A book whose makers have taken their orders back and placed them anew. */
export interface Requoted {
  /** The program-owned accounts, over their previous bytes. Vaults are the token program's. */
  readonly writes: readonly AccountWrite[];
  /** Base units that the makers pay into each vault, negative where they withdraw. */
  readonly paidInA: bigint;
  readonly paidInB: bigint;
}

/** What a local chain needs of a venue whose liquidity is resting orders. */
export interface LocalBook<S extends PoolState = PoolState> {
  /**
   * The orders of `opening`, their prices times `factor`, in place of those that rest now: nobody but their makers
   * brings them back. Undefined when `source` lacks the pool.
   */
  requote(opening: S, factor: number, source: AccountSource): Requoted | undefined;
  /** The inner instructions by which the program logs a swap that it is about to settle. */
  fillLog(state: S, swap: SwapCall, clock: ChainClock): readonly Instruction[];
  /** True of such an instruction, which changes nothing. */
  isFillLog(instruction: Instruction): boolean;
}

/**
 * The local half of a venue: what a chain of our own needs beside the quotes, to hold its pools and to run its program.
 * Nothing that trades on a real chain imports it, and the container image carries none of it.
 */
export interface LocalVenue<S extends PoolState = PoolState> {
  readonly venue: Venue<S>;
  /** A fresh pool, encoded by the venue's own layout. Throws `spec-invalid` for one that the program does not have. */
  synthesize(spec: PoolSpec): SynthesizedPool;
  /**
   * The swap that an instruction of this program asks for; undefined when it is none we build. A venue whose
   * instructions tell the direction only by the accounts they name reads them in `source`, and is undefined without.
   */
  readSwap(instruction: Instruction, source?: AccountSource): SwapCall | undefined;
  /**
   * The program-owned accounts of a settled state, encoded over their previous bytes. Vaults are the token program's.
   * Throws `account-unknown` when `source` does not hold one of them.
   */
  write(state: S, source: AccountSource): readonly AccountWrite[];
  /** Present where `venue.book` is. */
  readonly book?: LocalBook<S>;
}
