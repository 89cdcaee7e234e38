import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';

export const LIGHTHOUSE_PROGRAM = 'L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95' as Address;
/** About what an assertion costs. */
export const LIGHTHOUSE_UNITS = 1_000;

/** `AssertTokenAccount`, silent, of the amount, greater than or equal. */
const ASSERT_TOKEN_ACCOUNT = 9;
const SILENT = 0;
const AMOUNT = 2;
const AT_LEAST = 4;
const DATA_BYTES = 12;

/** Reverts the transaction unless the token account holds `amount` base units or more at that point of it. */
export function assertTokenAmount(account: Address, amount: bigint): Instruction {
  const data = new Uint8Array(DATA_BYTES);
  data[0] = ASSERT_TOKEN_ACCOUNT;
  data[1] = SILENT;
  data[2] = AMOUNT;
  new DataView(data.buffer).setBigUint64(3, amount, true);
  data[11] = AT_LEAST;
  return {
    programId: LIGHTHOUSE_PROGRAM,
    accounts: [{ address: account, isSigner: false, isWritable: false }],
    data,
  };
}
