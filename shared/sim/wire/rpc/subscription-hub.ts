import type { AccountWrite } from '../../../core/account.ts';
import type { Bank, Commitment, DroppedBlock, SlotAdvance } from '../../chain/bank.ts';
import type { AccountsView } from '../../chain/ledger.ts';
import type { LandedTransaction } from '../../chain/transaction.ts';
import { notificationText } from './context.ts';
import { type Json, jsonText } from './json-text.ts';
import {
  accountNotice,
  logsNotice,
  programNotice,
  type Subscription,
  signatureNotice,
  type Topic,
} from './subscription.ts';

const COMMITMENTS: readonly Commitment[] = ['processed', 'confirmed', 'finalized'];

/** All subscriptions of a node. Notices go out when a slot closes, once a changed account. */
export interface SubscriptionHub {
  add(topic: Topic, commitment: Commitment, send: (text: string) => void): Subscription;
  /** False when there is no such subscription. */
  remove(id: number): boolean;
  /** Tells a new signature subscription what is known already; call it after the subscription was answered. */
  catchUp(subscription: Subscription): void;
  readonly size: number;
  /** Stops listening to the bank. */
  close(): void;
}

export function createSubscriptionHub(bank: Bank): SubscriptionHub {
  const all = new Map<number, Subscription>();
  /** By what a change is looked up with: kind, commitment and address, owner or signature. */
  const byKey = new Map<string, Set<Subscription>>();
  const changedIn = new Map<number, readonly AccountWrite[]>();
  const told = {
    processed: bank.slotAt('processed'),
    confirmed: bank.slotAt('confirmed'),
    finalized: bank.slotAt('finalized'),
  };
  let nextId = 0;

  function remove(id: number): boolean {
    const subscription = all.get(id);
    if (subscription === undefined) return false;
    all.delete(id);
    const key = keyOf(subscription.topic, subscription.commitment);
    const others = byKey.get(key);
    others?.delete(subscription);
    if (others?.size === 0) byKey.delete(key);
    return true;
  }

  function onSlot(advance: SlotAdvance): void {
    changedIn.set(advance.parent, advance.changed);
    for (const commitment of COMMITMENTS) {
      // The genesis slot is where a client's first snapshot stands, no news.
      for (let slot = told[commitment] + 1; slot <= bank.slotAt(commitment); slot++) {
        notifyAccounts(slot, commitment);
        for (const landed of bank.landedIn(slot)) notifyLanded(landed, commitment);
        told[commitment] = slot;
      }
    }
    for (const slot of changedIn.keys()) if (slot <= bank.slotAt('finalized')) changedIn.delete(slot);
    notifySlot(advance);
    // Nothing becomes a root while the chain changes its consensus.
    if (bank.rules.consensus === 'migrating') return;
    for (const subscription of byKey.get('root') ?? []) {
      subscription.send(notificationText('rootNotification', String(advance.root), subscription.id));
    }
  }

  function notifySlot({ slot, parent, root }: Omit<SlotAdvance, 'changed'>): void {
    for (const subscription of byKey.get('slot') ?? []) {
      subscription.send(
        notificationText('slotNotification', jsonText({ parent, root, slot }), subscription.id),
      );
    }
  }

  /** Who listens at processed has heard of the block that was given up, and of the one that comes in its place. */
  function onDropped({ slot, changed }: DroppedBlock): void {
    for (const write of changed) notifyAccount(write, slot, 'processed', bank);
    notifySlot({ slot, parent: slot - 1, root: bank.slotAt('finalized') });
  }

  function notifyAccounts(slot: number, commitment: Commitment): void {
    const accounts = bank.at(slot);
    for (const write of changedIn.get(slot) ?? []) notifyAccount(write, slot, commitment, accounts);
  }

  function notifyAccount(
    write: AccountWrite,
    slot: number,
    commitment: Commitment,
    accounts: AccountsView,
  ): void {
    for (const subscription of byKey.get(`account/${commitment}/${write.address}`) ?? []) {
      if (subscription.topic.kind !== 'account') continue;
      subscription.send(accountNotice(subscription, subscription.topic.format, slot, write, accounts));
    }
    if (write.account.lamports === 0n) return;
    for (const subscription of byKey.get(`program/${commitment}/${write.account.owner}`) ?? []) {
      if (subscription.topic.kind !== 'program') continue;
      const notice = programNotice(subscription, subscription.topic, slot, write, accounts);
      if (notice !== undefined) subscription.send(notice);
    }
  }

  function notifyLanded(landed: LandedTransaction, commitment: Commitment): void {
    for (const subscription of byKey.get(`logs/${commitment}`) ?? []) {
      if (subscription.topic.kind !== 'logs') continue;
      const { mentions } = subscription.topic;
      if (mentions !== undefined && !landed.transaction.accountKeys.includes(mentions)) continue;
      subscription.send(logsNotice(subscription, landed));
    }
    const waiting = byKey.get(`signature/${commitment}/${landed.transaction.signature}`);
    for (const subscription of [...(waiting ?? [])]) notifySignature(subscription, landed);
  }

  /** The one notice of a signature subscription, which ends with it. */
  function notifySignature(subscription: Subscription, { result }: LandedTransaction): void {
    remove(subscription.id);
    subscription.send(signatureNotice(subscription, result.slot, { err: result.err as Json }));
  }

  function onTransaction({ transaction, result }: LandedTransaction): void {
    for (const commitment of COMMITMENTS) {
      for (const subscription of byKey.get(`signature/${commitment}/${transaction.signature}`) ?? []) {
        if (subscription.topic.kind !== 'signature' || !subscription.topic.received) continue;
        subscription.send(signatureNotice(subscription, result.slot, 'receivedSignature'));
      }
    }
  }

  const stopSlots = bank.onSlot(onSlot);
  const stopDropped = bank.onDropped(onDropped);
  const stopTransactions = bank.onTransaction(onTransaction);
  return {
    add(topic, commitment, send) {
      const subscription: Subscription = { id: nextId, topic, commitment, send };
      nextId += 1;
      all.set(subscription.id, subscription);
      const key = keyOf(topic, commitment);
      const others = byKey.get(key);
      if (others === undefined) byKey.set(key, new Set([subscription]));
      else others.add(subscription);
      return subscription;
    },
    remove,
    catchUp(subscription) {
      if (subscription.topic.kind !== 'signature' || !all.has(subscription.id)) return;
      const landed = bank.landed(subscription.topic.signature);
      if (landed === undefined || landed.result.slot > bank.slotAt(subscription.commitment)) return;
      notifySignature(subscription, landed);
    },
    get size() {
      return all.size;
    },
    close() {
      stopSlots();
      stopDropped();
      stopTransactions();
      all.clear();
      byKey.clear();
    },
  };
}

function keyOf(topic: Topic, commitment: Commitment): string {
  switch (topic.kind) {
    case 'account':
      return `account/${commitment}/${topic.address}`;
    case 'program':
      return `program/${commitment}/${topic.owner}`;
    case 'signature':
      return `signature/${commitment}/${topic.signature}`;
    case 'logs':
      return `logs/${commitment}`;
    default:
      return topic.kind;
  }
}
