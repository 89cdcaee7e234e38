import {
  type Address,
  ASSOCIATED_TOKEN_PROGRAM,
  associatedTokenAddress,
  SYSTEM_PROGRAM,
} from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { decodeMint, decodeTokenAccount, encodeTokenAccount } from '../../../venues/token/token.ts';
import { GONE } from '../ledger.ts';
import type { InstructionError } from '../transaction.ts';
import { accountAt, type Program, type ProgramCall, signedAt, viewOf } from './program.ts';

const CREATE = 0;
const CREATE_IDEMPOTENT = 1;

/** Create and CreateIdempotent, under either token program. */
export const associatedTokenProgram: Program = {
  programId: ASSOCIATED_TOKEN_PROGRAM,
  native: false,
  units: () => 12_000,
  run(call) {
    const kind = call.instruction.data[0] ?? CREATE;
    if (kind !== CREATE && kind !== CREATE_IDEMPOTENT) return 'InvalidInstructionData';
    call.log(kind === CREATE ? 'Create' : 'CreateIdempotent');
    const payer = accountAt(call.instruction, 0);
    const created = accountAt(call.instruction, 1);
    const owner = accountAt(call.instruction, 2);
    const mint = accountAt(call.instruction, 3);
    const tokenProgram = accountAt(call.instruction, 5);
    if (!payer || !created || !owner || !mint || !tokenProgram) return 'NotEnoughAccountKeys';
    if (created !== associatedTokenAddress(owner, mint, tokenProgram)) {
      call.log('Error: Associated address does not match seed derivation');
      return 'InvalidSeeds';
    }
    const existing = call.get(created);
    if (existing !== null && existing.owner !== SYSTEM_PROGRAM) {
      if (kind === CREATE) return 'IllegalOwner';
      const held = decodeTokenAccount(existing);
      return existing.owner === tokenProgram && held.ok && held.value.owner === owner
        ? undefined
        : 'IllegalOwner';
    }
    if (!signedAt(call.instruction, 0)) return 'MissingRequiredSignature';
    return create(call, { payer, created, owner, mint, tokenProgram });
  },
};

function create(
  call: ProgramCall,
  keys: {
    readonly payer: Address;
    readonly created: Address;
    readonly owner: Address;
    readonly mint: Address;
    readonly tokenProgram: Address;
  },
): InstructionError | undefined {
  const mintAccount = call.get(keys.mint);
  const mint = mintAccount === null ? undefined : decodeMint(keys.mint, mintAccount);
  if (mintAccount?.owner !== keys.tokenProgram || mint === undefined || !mint.ok) return 'InvalidAccountData';
  const withheldAmount = mint.value.transferFee === undefined ? undefined : 0n;
  const fresh = encodeTokenAccount({
    mint: keys.mint,
    owner: keys.owner,
    amount: 0n,
    tokenProgram: keys.tokenProgram,
    withheldAmount,
    rent: call.rent,
  });
  const lamports = call.rent(fresh.data.length);
  const already = call.get(keys.created)?.lamports ?? 0n;
  if (already < lamports) {
    const failed = call.invoke(transferInstruction(keys.payer, keys.created, lamports - already));
    if (failed !== undefined) return failed;
  }
  const funded = call.get(keys.created) ?? GONE;
  call.put(keys.created, { ...fresh, lamports: funded.lamports });
  call.log('Success');
  return undefined;
}

function transferInstruction(from: Address, to: Address, lamports: bigint): Instruction {
  const data = new Uint8Array(12);
  viewOf(data).setUint32(0, 2, true);
  viewOf(data).setBigUint64(4, lamports, true);
  return {
    programId: SYSTEM_PROGRAM,
    accounts: [
      { address: from, isSigner: true, isWritable: true },
      { address: to, isSigner: false, isWritable: true },
    ],
    data,
  };
}
