import { describe, expect, test } from 'vitest';
import { readFailure } from './program-failure.ts';

const VENUE = 'whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc';
const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

function debug(kind: string): string {
  return `FailedTransactionMetadata(FailedTransactionMetadata { err: ${kind}, meta: TransactionMetadata { … } })`;
}

describe('a failure is named', () => {
  test('by Anchor’s error code', () => {
    const logs = [
      `Program ${VENUE} invoke [1]`,
      'Program log: AnchorError occurred. Error Code: ZeroTradableAmount. Error Number: 6014. Error Message: No.',
      `Program ${VENUE} failed: custom program error: 0x177e`,
    ];
    expect(readFailure(debug('InstructionError(1, Custom(6014))'), logs)).toEqual({
      error: 'ZeroTradableAmount (6014)',
      program: VENUE,
      instruction: 1,
    });
  });

  test('by what the innermost program logged, not by its callers', () => {
    const logs = [
      'Program log: Error: owner does not match',
      `Program ${TOKEN} failed: custom program error: 0x4`,
      'Program log: Error: something later',
      `Program ${VENUE} failed: custom program error: 0x4`,
    ];
    expect(readFailure(debug('InstructionError(2, Custom(4))'), logs)).toEqual({
      error: 'owner does not match (4)',
      program: TOKEN,
      instruction: 2,
    });
  });

  test.each([
    ['InstructionError(0, Custom(15))', 'custom program error 15', 0],
    ['InstructionError(3, ProgramFailedToComplete)', 'ProgramFailedToComplete', 3],
    ['AccountNotFound', 'AccountNotFound', undefined],
  ])('by the runtime where the program says nothing: %s', (kind, error, instruction) => {
    expect(readFailure(debug(kind), [])).toEqual({ error, program: undefined, instruction });
  });
});
