import { blameOf } from '../../../shared/core/error-codes.ts';
import { ArbError } from '../../../shared/core/errors.ts';

/** What the exit code of `arb` means. */
export const EXIT = {
  ok: 0,
  /** The command worked and its answer is no: a mismatch, a check that failed. */
  negative: 1,
  /** A flag, a verb or the configuration is wrong; nothing was started. */
  usage: 2,
  /** The machine or the network: a port in use, an unreadable file, an unreachable RPC. */
  environment: 3,
  /** A defect of this program. */
  internal: 70,
} as const;

/**
 * The exit code for anything a verb throws: by who can mend an ArbError (`shared/core/error-codes.ts`), by a Node system
 * error's errno, and `internal` for everything else.
 */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof ArbError) return EXIT[blameOf(thrown.code)];
  return isSystemError(thrown) ? EXIT.environment : EXIT.internal;
}

/** True for errors that Node makes from a failed system call (`ENOENT`, `EADDRINUSE`, `ECONNREFUSED`, …). */
function isSystemError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return 'syscall' in thrown && 'code' in thrown && typeof thrown.code === 'string';
}
