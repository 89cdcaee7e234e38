import { type Address, findProgramAddress, MEMO_PROGRAM } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { U64_MAX } from '../../core/units.ts';
import type { SwapArgs } from '../venue.ts';
import { arrayAddressOf, extensionAddressOf } from './accounts.ts';
import { DLMM_PROGRAM, viewOf } from './layout.ts';
import type { DlmmState } from './state.ts';

/** The `swap2` instruction. Account order and arguments: MeteoraAg/dlmm-sdk `idls/dlmm.json`. */
export const SWAP2 = Uint8Array.of(65, 75, 63, 76, 235, 91, 91, 136);
/** Discriminator, amount u64, least amount out u64, and a list of one slice: count u32, type u8, length u8. */
export const SWAP2_BYTES = 30;
export const NAMED_ACCOUNTS = 16;
/** Kinds of remaining accounts: those of the transfer hooks of X and of Y. */
export const HOOK_A = 0;
export const HOOK_B = 1;

let eventAuthority: Address | undefined;

function eventAuthorityAddress(): Address {
  const seed = new TextEncoder().encode('__event_authority');
  eventAuthority ??= findProgramAddress([seed], DLMM_PROGRAM).address;
  return eventAuthority;
}

/**
 * The swap of an exact input, with the bin arrays that a quote in this direction goes through. Throws
 * `amount-out-of-range` when an amount is no u64. The program tells the direction by the mint of the account that
 * pays; so that the bytes tell it too, the list of remaining accounts names the paying mint's transfer hook with no
 * accounts, which the program passes over (a mint with a hook never loads).
 */
export function swap(state: DlmmState, args: SwapArgs): Instruction {
  const { addresses, window, outer } = state;
  const reach = args.aToB ? window.down : window.up;
  const hasExtension = outer !== null && outer !== undefined;
  const absent = readonly(DLMM_PROGRAM);
  const accounts: InstructionAccount[] = [
    writable(state.address),
    hasExtension ? writable(extensionAddressOf(addresses)) : absent,
    writable(state.vaultA),
    writable(state.vaultB),
    writable(args.aToB ? args.tokenA : args.tokenB),
    writable(args.aToB ? args.tokenB : args.tokenA),
    readonly(state.mintA),
    readonly(state.mintB),
    writable(state.oracle),
    absent,
    { address: args.owner, isSigner: true, isWritable: false },
    readonly(state.tokenProgramA),
    readonly(state.tokenProgramB),
    readonly(MEMO_PROGRAM),
    readonly(eventAuthorityAddress()),
    readonly(DLMM_PROGRAM),
  ];
  for (const index of reach.indexes) accounts.push(writable(arrayAddressOf(addresses, index)));
  return { programId: DLMM_PROGRAM, accounts, data: encodeArgs(args) };
}

function encodeArgs(args: SwapArgs): Uint8Array {
  const data = new Uint8Array(SWAP2_BYTES);
  const view = viewOf(data);
  data.set(SWAP2, 0);
  view.setBigUint64(8, checkU64(args.amountIn, 'amountIn'), true);
  view.setBigUint64(16, checkU64(args.minAmountOut, 'minAmountOut'), true);
  view.setUint32(24, 1, true);
  data[28] = args.aToB ? HOOK_A : HOOK_B;
  return data;
}

function checkU64(amount: bigint, name: string): bigint {
  if (amount < 0n || amount > U64_MAX) {
    throw new ArbError('amount-out-of-range', `${name} ${amount} is not an unsigned 64-bit amount`, {
      [name]: amount,
    });
  }
  return amount;
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}
