import type { ErrorCode } from './error-codes.ts';

/** What a coded error may carry besides its message: plain values, never secrets. */
export type ErrorContext = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/**
 * The one error class of the project: a stable code to branch on, a sentence for people, and the values
 * that explain it. Expected refusals are values (see outcome.ts); this is for broken input and invariants.
 */
export class ArbError extends Error {
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ArbError';
    this.code = code;
    this.context = context;
  }
}

/** The sentence of anything thrown, for logs and one-line messages. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
