import type { AccountBytes } from '../../../core/account.ts';
import {
  type Address,
  addressAt,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  WSOL_MINT,
} from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { U64_MAX } from '../../../core/units.ts';
import {
  decodeMint,
  decodeTokenAccount,
  encodeTokenAccount,
  type MintFacts,
  TOKEN_ACCOUNT_BYTES,
  type TokenAccount,
  transferFee,
  withTokenAmount,
} from '../../../venues/token/token.ts';
import { GONE } from '../ledger.ts';
import type { InstructionError } from '../transaction.ts';
import { accountAt, type Program, type ProgramCall, signedAt, viewOf } from './program.ts';

const TRANSFER = 3;
const CLOSE_ACCOUNT = 9;
const TRANSFER_CHECKED = 12;
const SYNC_NATIVE = 17;
const INITIALIZE_ACCOUNT_3 = 18;

/** `TokenError` numbers. */
const NOT_RENT_EXEMPT = { Custom: 0 };
const INSUFFICIENT_FUNDS = { Custom: 1 };
const INVALID_MINT = { Custom: 2 };
const MINT_MISMATCH = { Custom: 3 };
const OWNER_MISMATCH = { Custom: 4 };
const ALREADY_IN_USE = { Custom: 6 };
const NON_NATIVE_HAS_BALANCE = { Custom: 11 };
const INVALID_INSTRUCTION = { Custom: 12 };
const OVERFLOW = { Custom: 14 };
const ACCOUNT_FROZEN = { Custom: 17 };
const MINT_DECIMALS_MISMATCH = { Custom: 18 };
const NON_NATIVE_NOT_SUPPORTED = { Custom: 19 };
const MINT_REQUIRED_FOR_TRANSFER = { Custom: 31 };

export const tokenProgram: Program = tokenProgramUnder(TOKEN_PROGRAM, 4_700);
export const token2022Program: Program = tokenProgramUnder(TOKEN_2022_PROGRAM, 7_000);

/** Transfer, TransferChecked, CloseAccount, SyncNative and InitializeAccount3. No delegates, no multisig. */
function tokenProgramUnder(programId: Address, units: number): Program {
  return {
    programId,
    native: false,
    units: () => units,
    run(call) {
      switch (call.instruction.data[0]) {
        case TRANSFER:
          call.log('Instruction: Transfer');
          return transfer(call, false);
        case TRANSFER_CHECKED:
          call.log('Instruction: TransferChecked');
          return transfer(call, true);
        case CLOSE_ACCOUNT:
          call.log('Instruction: CloseAccount');
          return closeAccount(call);
        case SYNC_NATIVE:
          call.log('Instruction: SyncNative');
          return syncNative(call);
        case INITIALIZE_ACCOUNT_3:
          call.log('Instruction: InitializeAccount3');
          return initializeAccount3(call);
        default:
          call.log('Error: Invalid instruction');
          return INVALID_INSTRUCTION;
      }
    },
  };
}

interface Held {
  readonly address: Address;
  readonly account: AccountBytes;
  readonly token: TokenAccount;
}

function heldAt(call: ProgramCall, index: number): Held | InstructionError {
  const address = accountAt(call.instruction, index);
  if (address === undefined) return 'NotEnoughAccountKeys';
  const account = call.get(address) ?? GONE;
  if (account.owner !== call.instruction.programId) return 'IncorrectProgramId';
  const token = decodeTokenAccount(account);
  return token.ok ? { address, account, token: token.value } : 'InvalidAccountData';
}

function isError(value: object | InstructionError): value is InstructionError {
  return typeof value === 'string' || 'Custom' in value;
}

function mintOf(call: ProgramCall, address: Address): MintFacts | undefined {
  const account = call.get(address);
  if (account === null || account.owner !== call.instruction.programId) return undefined;
  const mint = decodeMint(address, account);
  return mint.ok ? mint.value : undefined;
}

function transfer(call: ProgramCall, checked: boolean): InstructionError | undefined {
  const { instruction } = call;
  const view = viewOf(instruction.data);
  if (instruction.data.length < (checked ? 10 : 9)) return INVALID_INSTRUCTION;
  const amount = view.getBigUint64(1, true);
  const source = heldAt(call, 0);
  if (isError(source)) return source;
  const target = heldAt(call, checked ? 2 : 1);
  if (isError(target)) return target;
  if (source.token.frozen || target.token.frozen) return ACCOUNT_FROZEN;
  if (source.token.amount < amount) {
    call.log('Error: insufficient funds');
    return INSUFFICIENT_FUNDS;
  }
  if (source.token.mint !== target.token.mint) return MINT_MISMATCH;
  const mint = mintOf(call, source.token.mint);
  if (checked) {
    if (accountAt(instruction, 1) !== source.token.mint) return MINT_MISMATCH;
    if (mint === undefined) return INVALID_MINT;
    if (mint.decimals !== instruction.data[9]) return MINT_DECIMALS_MISMATCH;
  } else if (mint?.transferFee !== undefined) {
    // The plain transfer does not get the mint, so Token-2022 cannot know the fee.
    return MINT_REQUIRED_FOR_TRANSFER;
  }
  const authority = checked ? 3 : 2;
  if (accountAt(instruction, authority) === undefined) return 'NotEnoughAccountKeys';
  if (accountAt(instruction, authority) !== source.token.owner) {
    call.log('Error: owner does not match');
    return OWNER_MISMATCH;
  }
  if (!signedAt(instruction, authority)) return 'MissingRequiredSignature';
  if (source.address === target.address) return undefined;
  const fee = mint === undefined ? 0n : transferFee(mint, call.clock.epoch, amount);
  const received = target.token.amount + amount - fee;
  if (received > U64_MAX) return OVERFLOW;
  call.put(source.address, withTokenAmount(source.account, source.token.amount - amount));
  call.put(target.address, withTokenAmount(target.account, received, fee));
  return undefined;
}

function closeAccount(call: ProgramCall): InstructionError | undefined {
  const source = heldAt(call, 0);
  if (isError(source)) return source;
  const destination = accountAt(call.instruction, 1);
  if (destination === undefined || accountAt(call.instruction, 2) === undefined)
    return 'NotEnoughAccountKeys';
  if (destination === source.address) return 'InvalidAccountData';
  if (source.token.mint !== WSOL_MINT && source.token.amount > 0n) {
    call.log('Error: Non-native account can only be closed if its balance is zero');
    return NON_NATIVE_HAS_BALANCE;
  }
  const closeAuthority = viewOf(source.account.data).getUint32(129, true) === 1;
  const authority = closeAuthority ? addressAt(source.account.data, 133) : source.token.owner;
  if (accountAt(call.instruction, 2) !== authority) return OWNER_MISMATCH;
  if (!signedAt(call.instruction, 2)) return 'MissingRequiredSignature';
  const target = call.get(destination) ?? GONE;
  call.put(destination, { ...target, lamports: target.lamports + source.account.lamports });
  call.put(source.address, GONE);
  return undefined;
}

function syncNative(call: ProgramCall): InstructionError | undefined {
  const held = heldAt(call, 0);
  if (isError(held)) return held;
  const view = viewOf(held.account.data);
  if (view.getUint32(109, true) !== 1) return NON_NATIVE_NOT_SUPPORTED;
  const amount = held.account.lamports - view.getBigUint64(113, true);
  if (amount < held.token.amount) return { Custom: 13 };
  // `withTokenAmount` moves lamports along with the amount; here they came first.
  call.put(held.address, { ...withTokenAmount(held.account, amount), lamports: held.account.lamports });
  return undefined;
}

function initializeAccount3(call: ProgramCall): InstructionError | undefined {
  const { instruction } = call;
  if (instruction.data.length < 33) return INVALID_INSTRUCTION;
  const address = accountAt(instruction, 0);
  const mintAddress = accountAt(instruction, 1);
  if (address === undefined || mintAddress === undefined) return 'NotEnoughAccountKeys';
  const account = call.get(address) ?? GONE;
  if (account.owner !== instruction.programId) return 'IncorrectProgramId';
  if (account.data.length < TOKEN_ACCOUNT_BYTES) return 'InvalidAccountData';
  if (account.data[108] !== 0) return ALREADY_IN_USE;
  if (account.lamports < call.rent(account.data.length)) return NOT_RENT_EXEMPT;
  const mint = mintOf(call, mintAddress);
  if (mint === undefined) return INVALID_MINT;
  const owner = addressAt(instruction.data, 1);
  const withheldAmount = mint.transferFee === undefined ? undefined : 0n;
  const { programId } = instruction;
  const fresh = encodeTokenAccount({
    mint: mintAddress,
    owner,
    amount: 0n,
    tokenProgram: programId,
    withheldAmount,
    rent: call.rent,
  });
  if (fresh.data.length !== account.data.length) return 'InvalidAccountData';
  // Lamports beyond the rent are the opening balance of a native account.
  const rent = call.rent(account.data.length);
  const opened = mintAddress === WSOL_MINT ? withTokenAmount(fresh, account.lamports - rent) : fresh;
  call.put(address, { ...opened, lamports: account.lamports });
  return undefined;
}

/** A TransferChecked whose authority counts as signed: how a program moves tokens on its caller's behalf. */
export function transferCheckedInstruction(transfer: {
  readonly tokenProgram: Address;
  readonly source: Address;
  readonly mint: Address;
  readonly target: Address;
  readonly authority: Address;
  readonly amount: bigint;
  readonly decimals: number;
}): Instruction {
  const data = new Uint8Array(10);
  data[0] = TRANSFER_CHECKED;
  viewOf(data).setBigUint64(1, transfer.amount, true);
  data[9] = transfer.decimals;
  return {
    programId: transfer.tokenProgram,
    accounts: [
      { address: transfer.source, isSigner: false, isWritable: true },
      { address: transfer.mint, isSigner: false, isWritable: false },
      { address: transfer.target, isSigner: false, isWritable: true },
      { address: transfer.authority, isSigner: true, isWritable: false },
    ],
    data,
  };
}
