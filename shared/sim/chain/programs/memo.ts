import { MEMO_PROGRAM } from '../../../core/address.ts';
import type { Program } from './program.ts';

/** Logs its text. Every account it is given must have signed. */
export const memoProgram: Program = {
  programId: MEMO_PROGRAM,
  native: false,
  units: (instruction) => 1_000 + 140 * instruction.data.length,
  run({ instruction, log }) {
    if (instruction.accounts.some((account) => !account.isSigner)) return 'MissingRequiredSignature';
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(instruction.data);
    } catch {
      // Bytes that are no UTF-8 are what the program refuses; there is nothing else to tell.
      return 'InvalidInstructionData';
    }
    log(`Memo (len ${instruction.data.length}): ${JSON.stringify(text)}`);
    return undefined;
  },
};
