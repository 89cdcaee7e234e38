import type { AccountSource } from '../../../core/account.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { divUp } from '../../../math/mul-div.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { decodeMarket, viewOf } from '../layout.ts';
import { PHOENIX_PROGRAM, SWAP_TAG } from '../program.ts';
import {
  ABORT,
  AMOUNT_IN,
  ASK,
  BASE_LOTS,
  BID,
  IMMEDIATE_OR_CANCEL,
  MIN_AMOUNT_OUT,
  MIN_BASE_LOTS,
  MIN_QUOTE_LOTS,
  NONE,
  QUOTE_LOTS,
  SWAP_ACCOUNTS,
  SWAP_BYTES,
} from '../swap.ts';

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
