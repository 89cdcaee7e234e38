import type { Address } from '../../core/address.ts';
import { U64_MAX } from '../../core/units.ts';
import type { MintFacts } from '../token/token.ts';
import type { HeldVaults } from '../token/vault.ts';
import type { PoolState, QuoteRefusal } from '../venue.ts';
import { swapUnits } from './compute.ts';
import type { CpmmConfig, CpmmPoolFigures } from './layout.ts';
import {
  CREATOR_FEE_ON_INPUT,
  CREATOR_FEE_ON_TOKEN_1,
  FEE_RATE_DENOMINATOR,
  SWAP_DISABLED,
} from './program.ts';

/** Everything that a quote in one direction reads, made ready by `refresh`. Amounts in base units. */
export interface CpmmSide {
  /** Why this direction pays nothing whatever comes in; undefined when it trades. */
  readonly closed: QuoteRefusal | undefined;
  /** Vault amounts less the fees that are owed out of them. */
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
  /** The most that may still come in before the vault leaves 64 bits. */
  readonly roomIn: bigint;
  /** Taken from the input, in parts of a million: the trade fee and, where it is taken here, the creator fee. */
  readonly inputFeeRate: bigint;
  /** What that leaves of a million. */
  readonly inputKeptRate: bigint;
  /** The creator fee where it is taken from the output, in parts of a million; 0 otherwise. */
  readonly outputFeeRate: bigint;
  /** The mints that take a transfer fee; undefined for those that take none. */
  readonly feeMintIn: MintFacts | undefined;
  readonly feeMintOut: MintFacts | undefined;
  readonly computeUnits: number;
}

/** One bit for each account whose newest bytes could not be used. */
export const UNUSABLE = { pool: 1, config: 2, vaultA: 4, vaultB: 8, mintA: 16, mintB: 32 } as const;

/** A pool and all that its quotes read. Token 0 is mint A. Only `load`, `apply` and `settle` make or change one. */
export interface CpmmState extends PoolState, HeldVaults {
  /** Whether the deployed program takes a creator fee; undefined while that is not known. */
  readonly takesCreatorFee: boolean | undefined;
  /** True after a swap of which the rule sets leave different states: nothing is known to be paid from then on. */
  readonly isAmbiguous: boolean;
  readonly config: Address;
  readonly observation: Address;
  poolData: Uint8Array;
  figures: CpmmPoolFigures;
  rates: CpmmConfig;
  /** Known for Token-2022 mints only: an SPL Token mint has nothing that a quote reads. */
  mintFactsA: MintFacts | undefined;
  mintFactsB: MintFacts | undefined;
  unusable: number;
  sideAToB: CpmmSide;
  sideBToA: CpmmSide;
  /** The sides before there were creator fees, where the program is not known and the pool tells the two apart. */
  otherAToB: CpmmSide | undefined;
  otherBToA: CpmmSide | undefined;
}

/** Everything of a state but what `refresh` works out. */
export type CpmmParts = Omit<CpmmState, 'sideAToB' | 'sideBToA' | 'otherAToB' | 'otherBToA'>;

export function createState(parts: CpmmParts): CpmmState {
  const state = { ...parts } as CpmmState;
  refresh(state);
  return state;
}

/** Works out both directions again after any part changed. */
export function refresh(state: CpmmState): void {
  const takes = state.takesCreatorFee !== false;
  state.sideAToB = sideOf(state, true, takes);
  state.sideBToA = sideOf(state, false, takes);
  const isTold = state.takesCreatorFee === undefined && tellsApart(state);
  state.otherAToB = isTold ? sideOf(state, true, false) : undefined;
  state.otherBToA = isTold ? sideOf(state, false, false) : undefined;
}

/** Whether the pool has anything that one rule set reads and the other does not. */
function tellsApart({ figures, rates }: CpmmParts): boolean {
  return (
    figures.creatorFeeEnabled ||
    figures.creatorFees0 !== 0n ||
    figures.creatorFees1 !== 0n ||
    figures.creatorFeeOn > CREATOR_FEE_ON_TOKEN_1 ||
    rates.tradeFeeRate === 0n
  );
}

/** Whether the creator fee of a swap in this direction comes out of its input (program: `is_creator_fee_on_input`). */
export function isCreatorFeeOnInput(figures: CpmmPoolFigures, aToB: boolean): boolean {
  if (figures.creatorFeeOn === CREATOR_FEE_ON_INPUT) return true;
  return aToB !== (figures.creatorFeeOn === CREATOR_FEE_ON_TOKEN_1);
}

function sideOf(state: CpmmParts, aToB: boolean, takesCreatorFee: boolean): CpmmSide {
  const { figures, rates } = state;
  const creatorFees0 = takesCreatorFee ? figures.creatorFees0 : 0n;
  const creatorFees1 = takesCreatorFee ? figures.creatorFees1 : 0n;
  const reserveA = state.vaultAmountA - figures.protocolFees0 - figures.fundFees0 - creatorFees0;
  const reserveB = state.vaultAmountB - figures.protocolFees1 - figures.fundFees1 - creatorFees1;
  const creatorFeeRate = takesCreatorFee && figures.creatorFeeEnabled ? rates.creatorFeeRate : 0n;
  const onInput = isCreatorFeeOnInput(figures, aToB);
  const isInvalid =
    takesCreatorFee &&
    (figures.creatorFeeOn > CREATOR_FEE_ON_TOKEN_1 ||
      (onInput && rates.tradeFeeRate + creatorFeeRate === 0n));
  const inputFeeRate = rates.tradeFeeRate + (onInput ? creatorFeeRate : 0n);
  const feeMintA = state.mintFactsA?.transferFee === undefined ? undefined : state.mintFactsA;
  const feeMintB = state.mintFactsB?.transferFee === undefined ? undefined : state.mintFactsB;
  return {
    closed: closedBecause(state, reserveA, reserveB, isInvalid),
    reserveIn: aToB ? reserveA : reserveB,
    reserveOut: aToB ? reserveB : reserveA,
    roomIn: U64_MAX - (aToB ? state.vaultAmountA : state.vaultAmountB),
    inputFeeRate,
    inputKeptRate: FEE_RATE_DENOMINATOR - inputFeeRate,
    outputFeeRate: onInput ? 0n : creatorFeeRate,
    feeMintIn: aToB ? feeMintA : feeMintB,
    feeMintOut: aToB ? feeMintB : feeMintA,
    computeUnits: swapUnits(state),
  };
}

/**
 * The program fails every swap with NotApproved under the status bit, InsufficientVault when the fees owed exceed a
 * vault, a division by zero on an empty side, InvalidFeeModel on an unknown creator fee mode, and ZeroTradingTokens
 * when it must split a fee of rate zero between trade and creator.
 */
function closedBecause(
  state: CpmmParts,
  reserveA: bigint,
  reserveB: bigint,
  isInvalid: boolean,
): QuoteRefusal | undefined {
  if (state.unusable !== 0) return 'missing-account';
  if (state.isAmbiguous) return 'program-unproven';
  if ((state.figures.status & SWAP_DISABLED) !== 0) return 'pool-disabled';
  if (isInvalid) return 'pool-disabled';
  if (reserveA <= 0n || reserveB <= 0n) return 'no-liquidity';
  return undefined;
}

/** True for rates that the program lets an administrator set (`create_config`, `update_config`). */
export function areRatesValid(rates: CpmmConfig): boolean {
  return (
    rates.tradeFeeRate + rates.creatorFeeRate < FEE_RATE_DENOMINATOR &&
    rates.protocolFeeRate + rates.fundFeeRate <= FEE_RATE_DENOMINATOR
  );
}
