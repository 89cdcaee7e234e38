import type { Address } from '../../../core/address.ts';
import { errorText } from '../../../core/errors.ts';
import type { Random } from '../../../core/random.ts';
import type { SubscriptionId } from '../../feed/wire/subscription-id.ts';
import { backoffMs, sleep } from '../../process/backoff.ts';
import type { TransactionStreamOptions } from './transaction-contract.ts';

/** The most that a node lists at once: a longer gap begins there. */
export const HISTORY_MAX = 1_000;
const AGAIN = { minMs: 250, baseMs: 500, capMs: 8_000 };

/** An account whose transactions are followed. */
export interface Followed {
  readonly address: Address;
  subscription: SubscriptionId | undefined;
  /** Refused so often in a row on this connection. */
  refusals: number;
  /** What came while the history was being read; undefined when it has been. */
  held: string[] | undefined;
  /** The newest transaction known of it, told or failed: a history need not be read further back. */
  last: string | undefined;
}

export interface HistoryOptions {
  readonly rpc: TransactionStreamOptions['rpc'];
  readonly host: string;
  /** Transactions of the past to begin with. */
  readonly history: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onProblem: TransactionStreamOptions['onProblem'];
  /** True where it is told: not known already. */
  readonly add: (one: Followed, signature: string) => boolean;
  readonly onCaughtUp: () => void;
  /** Entries of a history that are none. */
  readonly onUnread: (entries: number) => void;
}

const NOTHING = { entries: [], unreadable: 0 } as const;

/** Tells what the account's history has since the last transaction known, then what came meanwhile. */
export async function catchUp(one: Followed, options: HistoryOptions): Promise<void> {
  const { rpc, host, history, random, signal, onProblem, add, onCaughtUp, onUnread } = options;
  const { subscription } = one;
  for (let tries = 0; ; tries++) {
    const { last } = one;
    const since = last === undefined ? { limit: history } : { until: last, limit: HISTORY_MAX };
    try {
      const { entries: missed, unreadable } =
        history === 0 && last === undefined
          ? NOTHING
          : await rpc.getSignaturesForAddress(one.address, { ...since, signal, priority: 'reports' });
      if (one.subscription !== subscription) return;
      if (unreadable > 0) {
        onUnread(unreadable);
        onProblem('transactions.history-entries-unreadable', { account: one.address, entries: unreadable });
      }
      if (last !== undefined && missed.length + unreadable === HISTORY_MAX) {
        onProblem('transactions.gap', { host, account: one.address });
      }
      for (const { signature, failed } of [...missed].reverse()) {
        if (failed) one.last = signature;
        else if (add(one, signature)) onCaughtUp();
      }
      break;
    } catch (error) {
      if (signal.aborted || one.subscription !== subscription) return;
      onProblem('transactions.history-unread', { account: one.address, error: errorText(error) });
      const waited = await sleep(backoffMs(AGAIN, tries, random), signal);
      if (!waited || one.subscription !== subscription) return;
    }
  }
  const held = one.held ?? [];
  one.held = undefined;
  for (const signature of held) add(one, signature);
}
