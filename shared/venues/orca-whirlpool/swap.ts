import { type Address, MEMO_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { U64_MAX } from '../../core/units.ts';
import type { SwapArgs } from '../venue.ts';
import { arrayAddressOf, oracleAddress, swapArrayStarts } from './accounts.ts';
import { viewOf, WHIRLPOOL_PROGRAM } from './layout.ts';
import type { WhirlpoolState } from './state.ts';

/**
 * The swap instructions: `swap` between two SPL Token mints, `swap_v2` when one is under Token-2022. Account order
 * and arguments: orca-so/whirlpools `instructions/swap.rs` and `instructions/v2/swap.rs`.
 */
export const SWAP = Uint8Array.of(0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8);
export const SWAP_V2 = Uint8Array.of(0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62);
/** Discriminator, amount u64, least amount out u64, price limit u128 (0: none), exact input, a to b. */
export const SWAP_BYTES = 42;
/** The same and an absent list of remaining accounts. */
export const SWAP_V2_BYTES = 43;

/**
 * The swap of an exact input without a price limit. Throws `amount-out-of-range` when an amount is no u64. The
 * oracle goes in writable when the pool has an adaptive fee, as the program then writes it.
 */
export function swap(state: WhirlpoolState, args: SwapArgs): Instruction {
  const v2 = state.tokenProgramA !== TOKEN_PROGRAM || state.tokenProgramB !== TOKEN_PROGRAM;
  const ticks = swapArrays(state, args.aToB).map(writable);
  const oracle = state.addresses.oracle;
  const oracleMeta = oracle === undefined ? readonly(oracleAddress(state.address)) : writable(oracle);
  const owner = { address: args.owner, isSigner: true, isWritable: false };
  const accounts = v2
    ? [
        readonly(state.tokenProgramA),
        readonly(state.tokenProgramB),
        readonly(MEMO_PROGRAM),
        owner,
        writable(state.address),
        readonly(state.mintA),
        readonly(state.mintB),
        writable(args.tokenA),
        writable(state.vaultA),
        writable(args.tokenB),
        writable(state.vaultB),
        ...ticks,
        writable(oracleMeta.address),
      ]
    : [
        readonly(TOKEN_PROGRAM),
        owner,
        writable(state.address),
        writable(args.tokenA),
        writable(state.vaultA),
        writable(args.tokenB),
        writable(state.vaultB),
        ...ticks,
        oracleMeta,
      ];
  return { programId: WHIRLPOOL_PROGRAM, accounts, data: encodeArgs(args, v2) };
}

/** The three tick array accounts; at the ends of all prices the last one stands for those that cannot exist. */
function swapArrays(state: WhirlpoolState, aToB: boolean): readonly Address[] {
  const starts = swapArrayStarts(state.tickIndex, state.tickSpacing, aToB);
  const found = (starts.length === 0 ? [state.base] : starts).map((s) => arrayAddressOf(state.addresses, s));
  return [0, 1, 2].map((i) => found[Math.min(i, found.length - 1)]!);
}

function encodeArgs(args: SwapArgs, v2: boolean): Uint8Array {
  for (const amount of [args.amountIn, args.minAmountOut]) {
    if (amount < 0n || amount > U64_MAX) {
      throw new ArbError('amount-out-of-range', `${amount} is no unsigned 64-bit amount`, { amount });
    }
  }
  const data = new Uint8Array(v2 ? SWAP_V2_BYTES : SWAP_BYTES);
  const view = viewOf(data);
  data.set(v2 ? SWAP_V2 : SWAP, 0);
  view.setBigUint64(8, args.amountIn, true);
  view.setBigUint64(16, args.minAmountOut, true);
  data[40] = 1;
  data[41] = args.aToB ? 1 : 0;
  return data;
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}
