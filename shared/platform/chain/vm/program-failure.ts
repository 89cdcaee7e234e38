/** Why a transaction failed, in the program's own words as far as it has any. */
export interface ProgramFailure {
  /** `TickArraySequenceInvalidIndex (6038)`, `owner does not match (4)`, `ProgramFailedToComplete`. */
  readonly error: string;
  /** The innermost program that failed; undefined where the transaction never ran. */
  readonly program: string | undefined;
  /** Which instruction of the transaction failed, from 0; undefined where the transaction never ran. */
  readonly instruction: number | undefined;
}

const INSTRUCTION_ERROR = /InstructionError\((\d+), ([A-Za-z]+)(?:\((\d+)\))?/;
const TRANSACTION_ERROR = /err: ([A-Za-z]+)/;
const ANCHOR_ERROR = /Error Code: (\w+)\. Error Number: (\d+)/;
const LOGGED_ERROR = /^Program log: (?:panicked at|Error:?|ERROR:?) *(.+)$/;
const FAILED = /^Program (\w+) failed/;

/**
 * Reads a failure out of LiteSVM's debug text (`FailedTransactionMetadata { err: InstructionError(1, Custom(6038)),
 * …`) and the transaction's logs.
 */
export function readFailure(debugText: string, logs: readonly string[]): ProgramFailure {
  const kind = INSTRUCTION_ERROR.exec(debugText);
  if (kind === null) {
    const error = TRANSACTION_ERROR.exec(debugText)?.[1] ?? 'unknown';
    return { error, program: undefined, instruction: undefined };
  }
  const failedAt = logs.findIndex((line) => FAILED.test(line));
  const program = failedAt < 0 ? undefined : FAILED.exec(logs[failedAt]!)?.[1];
  const told = failedAt < 0 ? logs : logs.slice(0, failedAt);
  const code = kind[3] ?? '';
  const fallback = code === '' ? kind[2]! : `custom program error ${code}`;
  return { error: named(told, code) ?? fallback, program, instruction: Number(kind[1]) };
}

/** The last error that was logged before the failure, with the code. */
function named(logs: readonly string[], code: string): string | undefined {
  for (let i = logs.length - 1; i >= 0; i--) {
    const anchor = ANCHOR_ERROR.exec(logs[i]!);
    if (anchor !== null) return `${anchor[1]} (${anchor[2]})`;
    const logged = LOGGED_ERROR.exec(logs[i]!);
    if (logged !== null) return code === '' ? logged[1]! : `${logged[1]} (${code})`;
  }
  return undefined;
}
