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

const USAGE_PREFIXES = ['usage-', 'config-', 'sim-rules-'];
const ENVIRONMENT_PREFIXES = [
  'file-',
  'store-',
  'port-',
  'network-',
  'rpc-',
  'snapshot-',
  'market-',
  'listen-',
  'ws-',
  'recording-',
  'universe-',
  'grpc-',
  'prove-',
  'soak-',
];

/**
 * The exit code for anything a verb throws: by the prefix of an ArbError's code (`config-unknown-key` is usage,
 * `store-unwritable` is environment), by a Node system error's errno, and `internal` for everything else.
 */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof ArbError) {
    if (USAGE_PREFIXES.some((prefix) => thrown.code.startsWith(prefix))) return EXIT.usage;
    if (ENVIRONMENT_PREFIXES.some((prefix) => thrown.code.startsWith(prefix))) return EXIT.environment;
    return EXIT.internal;
  }
  return isSystemError(thrown) ? EXIT.environment : EXIT.internal;
}

/** True for errors that Node makes from a failed system call (`ENOENT`, `EADDRINUSE`, `ECONNREFUSED`, …). */
function isSystemError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return 'syscall' in thrown && 'code' in thrown && typeof thrown.code === 'string';
}
