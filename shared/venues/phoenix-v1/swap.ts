import type { AccountSource } from '../../core/account.ts';
import { TOKEN_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { divUp } from '../../math/mul-div.ts';
import type { SwapArgs, SwapCall } from '../venue.ts';
import { decodeMarket, viewOf } from './layout.ts';
import { PHOENIX_LOG_AUTHORITY, PHOENIX_PROGRAM, SWAP_TAG } from './program.ts';
import type { PhoenixState } from './state.ts';

/**
 * `Swap` with an `OrderPacket::ImmediateOrCancel` in borsh: tag, variant, side, no limit price, base and quote lots to
 * fill, base and quote lots to get at least, self trade behavior, no match limit, client order id, no use of deposited
 * funds, and neither expiry. The limits in lots stand in for the base units that were asked for, which go along as the
 * client order id: `amountIn` below `minAmountOut`. The program logs that id with the fill.
 */
const SWAP_BYTES = 57;
const SWAP_ACCOUNTS = 9;
const IMMEDIATE_OR_CANCEL = 2;
const BID = 0;
const ASK = 1;
/** `SelfTradeBehavior::Abort`: an order of our own in the book is no counterparty. */
const ABORT = 0;
const NONE = 0;

const BASE_LOTS = 4;
const QUOTE_LOTS = 12;
const MIN_BASE_LOTS = 20;
const MIN_QUOTE_LOTS = 28;
const AMOUNT_IN = 38;
const MIN_AMOUNT_OUT = 46;

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

/**
 * The swap read back from its bytes. One whose client order id is not the amounts that its lots came from is none of
 * ours; lot sizes stand in the market, so that without its bytes this is told only roughly.
 */
export function readSwap(instruction: Instruction, source?: AccountSource): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== PHOENIX_PROGRAM || data.length !== SWAP_BYTES || accounts.length < SWAP_ACCOUNTS) return;
  if (data[0] !== SWAP_TAG || data[1] !== IMMEDIATE_OR_CANCEL || (data[2] !== BID && data[2] !== ASK)) return;
  if (data[3] !== NONE || data[36] !== ABORT || data[37] !== NONE) return;
  if (data[54] !== NONE || data[55] !== NONE || data[56] !== NONE) return;
  const aToB = data[2] === ASK;
  const view = viewOf(data);
  const amountIn = view.getBigUint64(AMOUNT_IN, true);
  const minAmountOut = view.getBigUint64(MIN_AMOUNT_OUT, true);
  const sold = view.getBigUint64(aToB ? BASE_LOTS : QUOTE_LOTS, true);
  const wanted = view.getBigUint64(aToB ? MIN_QUOTE_LOTS : MIN_BASE_LOTS, true);
  const others =
    view.getBigUint64(aToB ? QUOTE_LOTS : BASE_LOTS, true) |
    view.getBigUint64(aToB ? MIN_BASE_LOTS : MIN_QUOTE_LOTS, true);
  if (others !== 0n || sold > amountIn || wanted > minAmountOut) return;
  if ((wanted === 0n) !== (minAmountOut === 0n)) return;
  const market = source?.(accounts[2]!.address);
  if (market) {
    const decoded = decodeMarket(market.data);
    if (!decoded.ok) return;
    const { baseLotSize, quoteLotSize } = decoded.value;
    if (sold !== amountIn / (aToB ? baseLotSize : quoteLotSize)) return;
    if (wanted !== divUp(minAmountOut, aToB ? quoteLotSize : baseLotSize)) return;
  }
  return {
    pool: accounts[2]!.address,
    owner: accounts[3]!.address,
    tokenA: accounts[4]!.address,
    tokenB: accounts[5]!.address,
    aToB,
    amountIn,
    minAmountOut,
  };
}
