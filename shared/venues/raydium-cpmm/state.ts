import type { Address } from '../../core/address.ts';
import { U64_MAX } from '../../core/units.ts';
import type { MintFacts } from '../token.ts';
import type { HeldVaults } from '../vault.ts';
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
}

/** Everything of a state but what `refresh` works out. */
export type CpmmParts = Omit<CpmmState, 'sideAToB' | 'sideBToA'>;

export function createState(parts: CpmmParts): CpmmState {
  return { ...parts, sideAToB: sideOf(parts, true), sideBToA: sideOf(parts, false) };
}

/** Works out both directions again after any part changed. */
export function refresh(state: CpmmState): void {
  state.sideAToB = sideOf(state, true);
  state.sideBToA = sideOf(state, false);
}

/** Whether the creator fee of a swap in this direction comes out of its input (program: `is_creator_fee_on_input`). */
export function isCreatorFeeOnInput(figures: CpmmPoolFigures, aToB: boolean): boolean {
  if (figures.creatorFeeOn === CREATOR_FEE_ON_INPUT) return true;
  return aToB !== (figures.creatorFeeOn === CREATOR_FEE_ON_TOKEN_1);
}

function sideOf(state: CpmmParts, aToB: boolean): CpmmSide {
  const { figures, rates } = state;
  const reserveA = state.vaultAmountA - figures.protocolFees0 - figures.fundFees0 - figures.creatorFees0;
  const reserveB = state.vaultAmountB - figures.protocolFees1 - figures.fundFees1 - figures.creatorFees1;
  const creatorFeeRate = figures.creatorFeeEnabled ? rates.creatorFeeRate : 0n;
  const onInput = isCreatorFeeOnInput(figures, aToB);
  const inputFeeRate = rates.tradeFeeRate + (onInput ? creatorFeeRate : 0n);
  const feeMintA = state.mintFactsA?.transferFee === undefined ? undefined : state.mintFactsA;
  const feeMintB = state.mintFactsB?.transferFee === undefined ? undefined : state.mintFactsB;
  return {
    closed: closedBecause(state, reserveA, reserveB, onInput && inputFeeRate === 0n),
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
  splitsNothing: boolean,
): QuoteRefusal | undefined {
  if (state.unusable !== 0) return 'missing-account';
  if ((state.figures.status & SWAP_DISABLED) !== 0) return 'pool-disabled';
  if (state.figures.creatorFeeOn > CREATOR_FEE_ON_TOKEN_1 || splitsNothing) return 'pool-disabled';
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
