import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import type { SwapArgs } from '../venue.ts';
import { AMM_V4_AUTHORITY, AMM_V4_PROGRAM } from './program.ts';
import type { AmmV4State } from './state.ts';

/** `SwapBaseIn` and `SwapBaseInV2`: a tag, amount in and least amount out as u64. */
export const SWAP_BASE_IN = 9;
export const SWAP_BASE_IN_V2 = 16;
export const SWAP_BYTES = 17;

/** The 18-account form; the program reads nothing of the fifth (the target orders). */
export const MARK_SLOT = 4;
export const SWAP_ACCOUNTS = 18;
export const SWAP_V2_ACCOUNTS = 8;

/**
 * The swap in the generation that every deployment of the program takes: `SwapBaseIn` with 18 accounts. A pool that
 * trades from its vaults alone has the pool itself in the order book's places, which the program does not read then.
 * The program tells the direction by the mints of the owner's token accounts, which an instruction does not show; so
 * the target orders' place, never read either, holds the vault that the input goes to.
 */
export function swap(state: AmmV4State, args: SwapArgs): Instruction {
  const { aToB } = args;
  const { book, address: pool, vaultA, vaultB } = state;
  const market = book?.keys;
  return {
    programId: AMM_V4_PROGRAM,
    accounts: [
      readonly(TOKEN_PROGRAM),
      writable(pool),
      readonly(AMM_V4_AUTHORITY),
      writable(book?.openOrders ?? pool),
      writable(aToB ? vaultA : vaultB),
      writable(vaultA),
      writable(vaultB),
      book === undefined ? writable(pool) : readonly(book.program),
      writable(book?.market ?? pool),
      writable(market?.bids ?? pool),
      writable(market?.asks ?? pool),
      writable(market?.eventQueue ?? pool),
      writable(market?.coinVault ?? pool),
      writable(market?.pcVault ?? pool),
      market === undefined ? writable(pool) : readonly(market.vaultSigner),
      writable(aToB ? args.tokenA : args.tokenB),
      writable(aToB ? args.tokenB : args.tokenA),
      { address: args.owner, isSigner: true, isWritable: false },
    ],
    data: encode(SWAP_BASE_IN, args),
  };
}

/**
 * The same swap as `SwapBaseInV2`, which names no order book: for pools that trade from their vaults alone, on
 * deployments from September 2025 on. The ninth account is the vault that the input goes to; the program reads eight.
 */
export function swapV2(state: AmmV4State, args: SwapArgs): Instruction {
  const { aToB } = args;
  return {
    programId: AMM_V4_PROGRAM,
    accounts: [
      readonly(TOKEN_PROGRAM),
      writable(state.address),
      readonly(AMM_V4_AUTHORITY),
      writable(state.vaultA),
      writable(state.vaultB),
      writable(aToB ? args.tokenA : args.tokenB),
      writable(aToB ? args.tokenB : args.tokenA),
      { address: args.owner, isSigner: true, isWritable: false },
      writable(aToB ? state.vaultA : state.vaultB),
    ],
    data: encode(SWAP_BASE_IN_V2, args),
  };
}

function encode(tag: number, args: SwapArgs): Uint8Array {
  const data = new Uint8Array(SWAP_BYTES);
  const view = new DataView(data.buffer);
  data[0] = tag;
  view.setBigUint64(1, args.amountIn, true);
  view.setBigUint64(9, args.minAmountOut, true);
  return data;
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}
