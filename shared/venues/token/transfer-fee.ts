/** @hot The Token-2022 transfer fee: what a transfer withholds from its receiver. */
import { divUp, mulDivUp } from '../../math/mul-div.ts';
import { bestCappedPrice, keptOf } from '../best-price.ts';
import type { Quote } from '../venue.ts';
import type { MintFacts } from './token.ts';
import type { TransferFee } from './token-extensions.ts';

const BPS = 10_000n;

/** The rate in force at `epoch`: the newer one from its own epoch on. undefined when the mint takes no fee. */
export function transferFeeAt(mint: MintFacts, epoch: number): TransferFee | undefined {
  const config = mint.transferFee;
  if (config === undefined) return undefined;
  return epoch >= config.newer.epoch ? config.newer : config.older;
}

/**
 * Base units withheld when `amount` is sent: the rate rounded up, at most the maximum fee; 0 without the extension.
 * Rounding: token-2022 `TransferFee::calculate_fee`.
 */
export function transferFee(mint: MintFacts, epoch: number, amount: bigint): bigint {
  const rate = transferFeeAt(mint, epoch);
  if (rate === undefined || rate.feeBps === 0n || amount === 0n) return 0n;
  const fee = mulDivUp(amount, rate.feeBps, BPS);
  if (fee > rate.maximumFee) return rate.maximumFee;
  return fee;
}

/**
 * The smallest amount to send for `postFeeAmount` base units to arrive (it may exceed u64: the caller checks).
 * Rounding: token-2022 `TransferFee::calculate_pre_fee_amount`.
 */
export function preTransferFeeAmount(mint: MintFacts, epoch: number, postFeeAmount: bigint): bigint {
  const rate = transferFeeAt(mint, epoch);
  if (rate === undefined || rate.feeBps === 0n || postFeeAmount === 0n) return postFeeAmount;
  if (rate.feeBps === BPS) return postFeeAmount + rate.maximumFee;
  const raw = divUp(postFeeAmount * BPS, BPS - rate.feeBps);
  return raw - postFeeAmount >= rate.maximumFee ? postFeeAmount + rate.maximumFee : raw;
}

/**
 * Base units that sending enough for `postFeeAmount` to arrive withholds. Not an exact inverse of `transferFee`:
 * token-2022 `TransferFee::calculate_inverse_fee`.
 */
export function inverseTransferFee(mint: MintFacts, epoch: number, postFeeAmount: bigint): bigint {
  return transferFee(mint, epoch, preTransferFeeAmount(mint, epoch, postFeeAmount));
}

/** The share of a small amount that arrives; 1 without a fee. A maximum makes it larger for larger amounts. */
export function keptByTransfer(mint: MintFacts | undefined, epoch: number): number {
  return keptOf(mint === undefined ? undefined : transferFeeAt(mint, epoch));
}

/**
 * What the best of all amounts is paid a unit, when small ones would be paid `before` without fees on transfers: more than
 * those are paid where a fee has a maximum that can be reached, also where it takes the whole of a small amount.
 */
export function bestAfterTransfers(
  before: number,
  mintIn: MintFacts | undefined,
  mintOut: MintFacts | undefined,
  epoch: number,
  quote: (amountIn: bigint) => Quote,
): number {
  const feeIn = mintIn === undefined ? undefined : transferFeeAt(mintIn, epoch);
  const feeOut = mintOut === undefined ? undefined : transferFeeAt(mintOut, epoch);
  if (feeIn === undefined && feeOut === undefined) return before;
  return bestCappedPrice({ before, feeIn, feeOut, quote });
}
