import type { AccountSource } from '../../core/account.ts';
import { type Address, addressBytes, TOKEN_PROGRAM } from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { U64_MAX } from '../../core/units.ts';
import type { SwapArgs, SwapCall } from '../venue.ts';
import { PROTOCOL_FEE_A_OFFSET, PROTOCOL_FEE_B_OFFSET } from './layout.ts';
import { DAMM_V1_PROGRAM, DYNAMIC_VAULT_PROGRAM } from './program.ts';
import type { DammV1State } from './state.ts';

/** `swap(in_amount: u64, minimum_out_amount: u64)`. */
export const SWAP_DISCRIMINATOR = Uint8Array.of(248, 198, 158, 145, 225, 117, 135, 200);
const SWAP_BYTES = 24;
const SWAP_ACCOUNTS = 15;
const PROTOCOL_FEE_AT = 11;

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

/**
 * The swap read back from its bytes. The direction is told by the protocol's fee account, of which the pool in
 * `source` names one for each token: undefined without the pool, or with neither.
 */
export function readSwap(instruction: Instruction, source?: AccountSource): SwapCall | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== DAMM_V1_PROGRAM || data.length !== SWAP_BYTES || accounts.length < SWAP_ACCOUNTS) return;
  if (SWAP_DISCRIMINATOR.some((byte, i) => data[i] !== byte)) return;
  const pool = accounts[0]!.address;
  const aToB = directionOf(source?.(pool)?.data, accounts[PROTOCOL_FEE_AT]!.address);
  if (aToB === undefined) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    pool,
    owner: accounts[12]!.address,
    tokenA: accounts[aToB ? 1 : 2]!.address,
    tokenB: accounts[aToB ? 2 : 1]!.address,
    aToB,
    amountIn: view.getBigUint64(8, true),
    minAmountOut: view.getBigUint64(16, true),
  };
}

function directionOf(pool: Uint8Array | undefined, feeAccount: Address): boolean | undefined {
  if (pool === undefined) return undefined;
  const fee = addressBytes(feeAccount);
  const standsAt = (offset: number): boolean => fee.every((byte, i) => byte === pool[offset + i]);
  if (standsAt(PROTOCOL_FEE_A_OFFSET)) return true;
  return standsAt(PROTOCOL_FEE_B_OFFSET) ? false : undefined;
}
