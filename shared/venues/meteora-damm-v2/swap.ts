import type { AccountSource } from '../../core/account.ts';
import { ADDRESS_BYTES, type Address, addressAt } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import type { SwapArgs, SwapCall } from '../venue.ts';
import { DAMM_V2_PROGRAM, EVENT_AUTHORITY, INSTRUCTIONS_SYSVAR, POOL_AUTHORITY } from './program.ts';
import type { DammV2State } from './state.ts';

/** `swap(amount_in: u64, minimum_amount_out: u64)`. */
export const SWAP_DISCRIMINATOR = Uint8Array.of(248, 198, 158, 145, 225, 117, 135, 200);
/** `swap2(amount_0: u64, amount_1: u64, swap_mode: u8)`; mode 0 is the same exact-in swap. */
export const SWAP2_DISCRIMINATOR = Uint8Array.of(65, 75, 63, 76, 235, 91, 91, 136);
const SWAP_BYTES = 24;
const SWAP2_BYTES = 25;
const EXACT_IN = 0;
const SWAP_ACCOUNTS = 14;

/**
 * The instruction with its 14 accounts in the order of the program's `SwapCtx`, no referral. The program tells the
 * direction by the mint of the input account, which no instruction names: A to B goes by `swap` and B to A by
 * `swap2` in its exact-in mode, which the program executes alike, so that `readSwap` can tell. A pool with a rate
 * limiter is handed the instructions sysvar too.
 */
export function swap(state: DammV2State, args: SwapArgs): Instruction {
  const { aToB } = args;
  const data = new Uint8Array(aToB ? SWAP_BYTES : SWAP2_BYTES);
  const view = new DataView(data.buffer);
  data.set(aToB ? SWAP_DISCRIMINATOR : SWAP2_DISCRIMINATOR, 0);
  view.setBigUint64(8, args.amountIn, true);
  view.setBigUint64(16, args.minAmountOut, true);
  const accounts = [
    readonly(POOL_AUTHORITY),
    writable(state.address),
    writable(aToB ? args.tokenA : args.tokenB),
    writable(aToB ? args.tokenB : args.tokenA),
    writable(state.vaultA),
    writable(state.vaultB),
    readonly(state.mintA),
    readonly(state.mintB),
    { address: args.owner, isSigner: true, isWritable: false },
    readonly(state.tokenProgramA),
    readonly(state.tokenProgramB),
    readonly(DAMM_V2_PROGRAM),
    readonly(EVENT_AUTHORITY),
    readonly(DAMM_V2_PROGRAM),
  ];
  const { baseFee } = state.figures;
  if (baseFee.kind === 'rate-limiter' && baseFee.active) accounts.push(readonly(INSTRUCTIONS_SYSVAR));
  return { programId: DAMM_V2_PROGRAM, accounts, data };
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}

/**
 * The swap read back from its bytes; undefined for a referral, another mode, or bytes that `swap` does not make. The
 * direction is the program's own wherever `source` knows the input account, and our convention otherwise.
 */
export function readSwap(instruction: Instruction, source?: AccountSource): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== DAMM_V2_PROGRAM || accounts.length < SWAP_ACCOUNTS) return;
  const isSwap = data.length === SWAP_BYTES;
  if (!isSwap && (data.length !== SWAP2_BYTES || data[SWAP_BYTES] !== EXACT_IN)) return;
  const discriminator = isSwap ? SWAP_DISCRIMINATOR : SWAP2_DISCRIMINATOR;
  if (discriminator.some((byte, i) => data[i] !== byte)) return;
  if (accounts[11]!.address !== DAMM_V2_PROGRAM) return;
  const input = source?.(accounts[2]!.address);
  const known = input !== null && input !== undefined && input.data.length >= ADDRESS_BYTES;
  const aToB = known ? addressAt(input.data) === accounts[6]!.address : isSwap;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    pool: accounts[1]!.address,
    owner: accounts[8]!.address,
    tokenA: accounts[aToB ? 2 : 3]!.address,
    tokenB: accounts[aToB ? 3 : 2]!.address,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}
