import type { AccountWrite } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { Commitment } from '../../chain/bank.ts';
import type { AccountsView } from '../../chain/ledger.ts';
import type { LandedTransaction } from '../../chain/transaction.ts';
import { type AccountFormat, encodeAccount } from './account-encoding.ts';
import { noticeText, notificationText } from './context.ts';
import type { Json } from './json-text.ts';
import { type ProgramFilter, passes } from './program-filters.ts';

/** What one client asked to hear of. */
export type Topic =
  | { readonly kind: 'account'; readonly address: Address; readonly format: AccountFormat }
  | {
      readonly kind: 'program';
      readonly owner: Address;
      readonly format: AccountFormat;
      readonly filters: readonly ProgramFilter[];
    }
  | { readonly kind: 'logs'; readonly mentions: Address | undefined }
  | { readonly kind: 'signature'; readonly signature: string; readonly received: boolean }
  | { readonly kind: 'slot' }
  | { readonly kind: 'root' };

export interface Subscription {
  readonly id: number;
  readonly topic: Topic;
  readonly commitment: Commitment;
  readonly send: (text: string) => void;
}

/** An account as one subscription hears of it. A closed account comes as zero lamports of the system program. */
export function accountNotice(
  subscription: Subscription,
  format: AccountFormat,
  slot: number,
  write: AccountWrite,
  accounts: AccountsView,
): string {
  const value = encodeAccount(write.account, format, accounts);
  return notificationText('accountNotification', noticeText(slot, value), subscription.id);
}

/** The same for a program's subscription; undefined when a filter says no. */
export function programNotice(
  subscription: Subscription,
  topic: Extract<Topic, { kind: 'program' }>,
  slot: number,
  write: AccountWrite,
  accounts: AccountsView,
): string | undefined {
  if (!passes(write.account, topic.filters)) return undefined;
  const value = { account: encodeAccount(write.account, topic.format, accounts), pubkey: write.address };
  return notificationText('programNotification', noticeText(slot, value), subscription.id);
}

export function logsNotice(subscription: Subscription, landed: LandedTransaction): string {
  const { transaction, result } = landed;
  const value = { err: result.err as Json, logs: result.logs, signature: transaction.signature };
  return notificationText('logsNotification', noticeText(result.slot, value), subscription.id);
}

export function signatureNotice(subscription: Subscription, slot: number, value: Json): string {
  return notificationText('signatureNotification', noticeText(slot, value), subscription.id);
}
