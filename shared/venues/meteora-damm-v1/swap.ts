import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { U64_MAX } from '../../core/units.ts';
import type { SwapArgs } from '../venue.ts';
import { DAMM_V1_PROGRAM, DYNAMIC_VAULT_PROGRAM } from './program.ts';
import type { DammV1State } from './state.ts';

/** `swap(in_amount: u64, minimum_out_amount: u64)`. */
export const SWAP_DISCRIMINATOR = Uint8Array.of(248, 198, 158, 145, 225, 117, 135, 200);
export const SWAP_BYTES = 24;
export const SWAP_ACCOUNTS = 15;
export const PROTOCOL_FEE_AT = 11;

/**
 * The instruction with its 15 accounts in the order of the program's `Swap`, and the stake account of a depeg after
 * them. Vaults stand A before B whatever the direction, which the owner's accounts and the protocol's tell.
 */
export function swap(state: DammV1State, args: SwapArgs): Instruction {
  const { aToB } = args;
  const { sideA, sideB } = state;
  const data = new Uint8Array(SWAP_BYTES);
  const view = new DataView(data.buffer);
  data.set(SWAP_DISCRIMINATOR, 0);
  view.setBigUint64(8, args.amountIn, true);
  view.setBigUint64(16, args.minAmountOut, true);
  const accounts: InstructionAccount[] = [
    writable(state.address),
    writable(aToB ? args.tokenA : args.tokenB),
    writable(aToB ? args.tokenB : args.tokenA),
    writable(sideA.vault),
    writable(sideB.vault),
    writable(state.vaultA),
    writable(state.vaultB),
    writable(sideA.lpMint),
    writable(sideB.lpMint),
    writable(sideA.poolLp),
    writable(sideB.poolLp),
    writable(aToB ? sideA.protocolFee : sideB.protocolFee),
    { address: args.owner, isSigner: true, isWritable: false },
    readonly(DYNAMIC_VAULT_PROGRAM),
    readonly(TOKEN_PROGRAM),
  ];
  if (state.stake !== undefined) accounts.push(readonly(state.stake));
  return { programId: DAMM_V1_PROGRAM, accounts, data };
}

/**
 * The program compares the least output with what its shares of the vault lost in worth, which can be one unit more
 * than the vault pays (see `settle`): a minimum of one unit more is what holds whatever the vault is worth by then.
 */
export function minimumFor(_state: DammV1State, _aToB: boolean, least: bigint): bigint {
  return least > 0n && least < U64_MAX ? least + 1n : least;
}

function readonly(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: false };
}

function writable(address: Address): InstructionAccount {
  return { address, isSigner: false, isWritable: true };
}
