import type { AccountBytes } from '../../../core/account.ts';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../../core/address.ts';
import { GONE } from '../ledger.ts';
import type { InstructionError } from '../transaction.ts';
import { accountAt, type Program, type ProgramCall, signedAt, viewOf } from './program.ts';

const CREATE_ACCOUNT = 0;
const ASSIGN = 1;
const TRANSFER = 2;
const ALLOCATE = 8;
const MAX_ACCOUNT_BYTES = 10n * 1024n * 1024n;

/** `SystemError` numbers. */
const ACCOUNT_ALREADY_IN_USE = { Custom: 0 };
const RESULT_WITH_NEGATIVE_LAMPORTS = { Custom: 1 };
const INVALID_ACCOUNT_DATA_LENGTH = { Custom: 3 };

/** Transfer, CreateAccount, Assign and Allocate. */
export const systemProgram: Program = {
  programId: SYSTEM_PROGRAM,
  native: true,
  units: () => 150,
  run(call) {
    const { data } = call.instruction;
    if (data.length < 4) return 'InvalidInstructionData';
    switch (viewOf(data).getUint32(0, true)) {
      case CREATE_ACCOUNT:
        return data.length < 52 ? 'InvalidInstructionData' : createAccount(call);
      case ASSIGN:
        return data.length < 36 ? 'InvalidInstructionData' : assign(call);
      case TRANSFER:
        return data.length < 12 ? 'InvalidInstructionData' : transfer(call);
      case ALLOCATE:
        return data.length < 12 ? 'InvalidInstructionData' : allocate(call);
      default:
        return 'InvalidInstructionData';
    }
  },
};

function transfer(call: ProgramCall): InstructionError | undefined {
  const from = accountAt(call.instruction, 0);
  const to = accountAt(call.instruction, 1);
  if (from === undefined || to === undefined) return 'NotEnoughAccountKeys';
  if (!signedAt(call.instruction, 0)) return 'MissingRequiredSignature';
  return moveLamports(call, from, to, viewOf(call.instruction.data).getBigUint64(4, true));
}

function moveLamports(
  call: ProgramCall,
  from: Address,
  to: Address,
  lamports: bigint,
): InstructionError | undefined {
  const source = call.get(from) ?? GONE;
  if (source.data.length > 0) {
    call.log('Transfer: `from` must not carry data');
    return 'InvalidArgument';
  }
  if (source.owner !== SYSTEM_PROGRAM) return 'ExternalAccountLamportSpend';
  if (lamports > source.lamports) {
    call.log(`Transfer: insufficient lamports ${source.lamports}, need ${lamports}`);
    return RESULT_WITH_NEGATIVE_LAMPORTS;
  }
  call.put(from, { ...source, lamports: source.lamports - lamports });
  const target = call.get(to) ?? GONE;
  call.put(to, { ...target, lamports: target.lamports + lamports });
  return undefined;
}

function createAccount(call: ProgramCall): InstructionError | undefined {
  const { data } = call.instruction;
  const from = accountAt(call.instruction, 0);
  const created = accountAt(call.instruction, 1);
  if (from === undefined || created === undefined) return 'NotEnoughAccountKeys';
  if (!signedAt(call.instruction, 0) || !signedAt(call.instruction, 1)) return 'MissingRequiredSignature';
  const existing = call.get(created);
  if (existing !== null) {
    call.log(`Create Account: account Address { address: ${created}, base: None } already in use`);
    return ACCOUNT_ALREADY_IN_USE;
  }
  const space = viewOf(data).getBigUint64(12, true);
  if (space > MAX_ACCOUNT_BYTES) return INVALID_ACCOUNT_DATA_LENGTH;
  const failed = moveLamports(call, from, created, viewOf(data).getBigUint64(4, true));
  if (failed !== undefined) return failed;
  const { lamports } = call.get(created) ?? GONE;
  call.put(created, { owner: addressAt(data, 20), lamports, data: new Uint8Array(Number(space)) });
  return undefined;
}

function assign(call: ProgramCall): InstructionError | undefined {
  const account = ownAccount(call);
  if (typeof account === 'string') return account;
  call.put(account.address, { ...account.before, owner: addressAt(call.instruction.data, 4) });
  return undefined;
}

function allocate(call: ProgramCall): InstructionError | undefined {
  const account = ownAccount(call);
  if (typeof account === 'string') return account;
  const space = viewOf(call.instruction.data).getBigUint64(4, true);
  if (account.before.data.length > 0) return ACCOUNT_ALREADY_IN_USE;
  if (space > MAX_ACCOUNT_BYTES) return INVALID_ACCOUNT_DATA_LENGTH;
  call.put(account.address, { ...account.before, data: new Uint8Array(Number(space)) });
  return undefined;
}

function ownAccount(call: ProgramCall): { address: Address; before: AccountBytes } | string {
  const address = accountAt(call.instruction, 0);
  if (address === undefined) return 'NotEnoughAccountKeys';
  if (!signedAt(call.instruction, 0)) return 'MissingRequiredSignature';
  const before = call.get(address) ?? GONE;
  return before.owner === SYSTEM_PROGRAM ? { address, before } : 'ModifiedProgramId';
}
