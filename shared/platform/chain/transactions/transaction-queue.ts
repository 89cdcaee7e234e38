import type { Address } from '../../../core/address.ts';
import { ArbError, errorText } from '../../../core/errors.ts';
import { sleep } from '../../process/backoff.ts';
import type { TransactionRead } from '../../rpc/rpc-history.ts';
import type { TransactionStreamOptions } from './transaction-stream.ts';

/** Transactions known by their signature, read one after another and told in order. */
export interface TransactionQueue {
  /** False for a signature that this account was told of lately. */
  add(address: Address, signature: string): boolean;
  stats(): {
    readonly told: number;
    readonly waiting: number;
    readonly failed: number;
    readonly tooNew: number;
    readonly dropped: number;
  };
  /** Resolves when nothing is being read. */
  idle(): Promise<void>;
}

/** Read at once: enough to keep up over a slow line, told in order all the same. */
const AT_ONCE = 4;
const MAX_WAITING = 1_024;
const MAX_SEEN = 4_096;
/** A node that has told of a transaction may need a moment before it gives it out. */
const UNKNOWN_TRIES = 6;
const UNKNOWN_WAIT_MS = 400;
const READ_DEADLINE_MS = 20_000;
/** What a node says of a transaction of a version newer than asked for. */
const VERSION_UNSUPPORTED = -32_015;

interface Waiting {
  readonly address: Address;
  readonly signature: string;
  readonly read: Promise<TransactionRead | undefined>;
}

export function createTransactionQueue(
  options: Pick<TransactionStreamOptions, 'rpc' | 'onTransaction' | 'onProblem'> & {
    readonly signal: AbortSignal;
  },
): TransactionQueue {
  const { rpc, signal, onProblem } = options;
  const seen = new Set<string>();
  const waiting: { address: Address; signature: string }[] = [];
  const counts = { told: 0, failed: 0, tooNew: 0, dropped: 0 };
  let running: Promise<void> | undefined;

  async function read(signature: string): Promise<TransactionRead | undefined> {
    for (let tries = 0; tries < UNKNOWN_TRIES; tries++) {
      try {
        const deadlineMs = READ_DEADLINE_MS;
        const found = await rpc.getTransaction(signature, { signal, priority: 'reports', deadlineMs });
        if (found !== null) return found;
      } catch (error) {
        if (signal.aborted) return undefined;
        counts.failed += 1;
        if (error instanceof ArbError && error.context.code === VERSION_UNSUPPORTED) counts.tooNew += 1;
        onProblem('transactions.unread', { signature, error: errorText(error) });
        return undefined;
      }
      if (!(await sleep(UNKNOWN_WAIT_MS, signal))) return undefined;
    }
    counts.failed += 1;
    onProblem('transactions.unread', { signature, error: 'the node does not know it' });
    return undefined;
  }

  async function run(): Promise<void> {
    const ahead: Waiting[] = [];
    for (;;) {
      while (ahead.length < AT_ONCE && waiting.length > 0 && !signal.aborted) {
        const { address, signature } = waiting.shift()!;
        ahead.push({ address, signature, read: read(signature) });
      }
      const next = ahead.shift();
      if (next === undefined) return;
      const found = await next.read;
      if (found === undefined || found.failed || signal.aborted) continue;
      counts.told += 1;
      const { signature, address } = next;
      options.onTransaction(address, { signature, slot: found.slot, inner: found.inner });
    }
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined;
      // One may have come after the last look.
      if (waiting.length > 0 && !signal.aborted) start();
    });
  }

  return {
    add(address, signature) {
      const key = `${address}/${signature}`;
      if (seen.has(key)) return false;
      seen.add(key);
      if (seen.size > MAX_SEEN) for (const oldest of seen) if (seen.delete(oldest)) break;
      waiting.push({ address, signature });
      if (waiting.length > MAX_WAITING) {
        waiting.shift();
        counts.dropped += 1;
      }
      start();
      return true;
    },
    stats: () => ({ ...counts, waiting: waiting.length }),
    idle: () => running ?? Promise.resolve(),
  };
}
