import { TOKEN_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { divUp } from '../../math/mul-div.ts';
import type { SwapArgs } from '../venue.ts';
import { PHOENIX_LOG_AUTHORITY, PHOENIX_PROGRAM, SWAP_TAG } from './program.ts';
import type { PhoenixState } from './state.ts';

/**
 * `Swap` with an `OrderPacket::ImmediateOrCancel` in borsh: tag, variant, side, no limit price, base and quote lots to
 * fill, base and quote lots to get at least, self trade behavior, no match limit, client order id, no use of deposited
 * funds, and neither expiry. The limits in lots stand in for the base units that were asked for, which go along as the
 * client order id: `amountIn` below `minAmountOut`. The program logs that id with the fill.
 */
export const SWAP_BYTES = 57;
export const SWAP_ACCOUNTS = 9;
export const IMMEDIATE_OR_CANCEL = 2;
export const BID = 0;
export const ASK = 1;
/** `SelfTradeBehavior::Abort`: an order of our own in the book is no counterparty. */
export const ABORT = 0;
export const NONE = 0;

export const BASE_LOTS = 4;
export const QUOTE_LOTS = 12;
export const MIN_BASE_LOTS = 20;
export const MIN_QUOTE_LOTS = 28;
export const AMOUNT_IN = 38;
export const MIN_AMOUNT_OUT = 46;

/**
 * The instruction with its nine accounts in the program's order. The lots to get are rounded up, so that the program
 * never pays less than `minAmountOut`; those to fill are rounded down, as in `quote`.
 */
export function swap(state: PhoenixState, args: SwapArgs): Instruction {
  const { aToB } = args;
  const { baseLotSize, quoteLotSize } = state.facts;
  const data = new Uint8Array(SWAP_BYTES);
  const view = new DataView(data.buffer);
  data[0] = SWAP_TAG;
  data[1] = IMMEDIATE_OR_CANCEL;
  data[2] = aToB ? ASK : BID;
  data[3] = NONE;
  const sold = args.amountIn / (aToB ? baseLotSize : quoteLotSize);
  const wanted = divUp(args.minAmountOut, aToB ? quoteLotSize : baseLotSize);
  view.setBigUint64(aToB ? BASE_LOTS : QUOTE_LOTS, sold, true);
  view.setBigUint64(aToB ? MIN_QUOTE_LOTS : MIN_BASE_LOTS, wanted, true);
  data[36] = ABORT;
  data[37] = NONE;
  view.setBigUint64(AMOUNT_IN, args.amountIn, true);
  view.setBigUint64(MIN_AMOUNT_OUT, args.minAmountOut, true);
  return {
    programId: PHOENIX_PROGRAM,
    accounts: [
      readonly(PHOENIX_PROGRAM),
      readonly(PHOENIX_LOG_AUTHORITY),
      writable(state.address),
      { address: args.owner, isSigner: true, isWritable: false },
      writable(args.tokenA),
      writable(args.tokenB),
      writable(state.vaultA),
      writable(state.vaultB),
      readonly(TOKEN_PROGRAM),
    ],
    data,
  };
}

function readonly(address: InstructionAccount['address']): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}

function writable(address: InstructionAccount['address']): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}
