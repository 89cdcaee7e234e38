import type { AccountBytes, AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { BLOCKHASH_VALID_BLOCKS, type Blockhash, createBlockhashes } from './blockhash.ts';
import {
  type ChainRules,
  changedRules,
  GENESIS_RULES,
  type RuleChange,
  rentOf,
  ruleAccounts,
} from './chain-rules.ts';
import { type ChainStart, clockSysvar, createSlotClock, SLOTS_PER_EPOCH } from './clock-sysvar.ts';
import { type Commitment, createCommitments } from './commitments.ts';
import { executeTransaction } from './execute-transaction.ts';
import { type AccountsView, createLedger, GONE } from './ledger.ts';
import type { BankTransaction, ExecutionResult, LandedTransaction } from './transaction.ts';

/** Slots for which a landed transaction is remembered: twice the life of a blockhash. */
const KEPT_STATUS_SLOTS = 300;

export interface BankOptions {
  readonly startSlot: number;
  /** Seconds. */
  readonly startUnixTimestamp: number;
  /** The epoch of the start slot; by default that of a chain of 432,000-slot epochs. */
  readonly epoch?: number;
  /** What the chain is at the start, where it is not what it was for its first years. */
  readonly rules?: Partial<ChainRules>;
  /** Changes to come, in any order; each holds from the opening of its slot. */
  readonly schedule?: readonly RuleChange[];
}

/** One slot closed and the next begun. */
export interface SlotAdvance {
  /** The slot that is open now. */
  readonly slot: number;
  /** The slot that was closed. */
  readonly parent: number;
  readonly root: number;
  /** The final bytes of every account that `parent` changed; lamports 0 when it closed the account. */
  readonly changed: readonly AccountWrite[];
}

/** A block of the open slot that its leader gave up for another one. */
export interface DroppedBlock {
  readonly slot: number;
  /** What it had made of the accounts that it changed. */
  readonly changed: readonly AccountWrite[];
}

export type { Commitment } from './commitments.ts';

/**
 * The chain's state: account bytes, slots, blockhashes and what landed. Synchronous, without timers: it moves
 * only when told to, so the wall-clock node and the simulated-time driver stand on the same one.
 * `get`, `slotOf` and `programAccounts` read the open slot as it stands.
 */
export interface Bank extends AccountsView {
  /** The open slot. */
  readonly slot: number;
  readonly startSlot: number;
  /** Of the open slot. Always below the slot, as on a chain that has skipped slots. */
  readonly blockHeight: number;
  readonly genesisHash: string;
  /** The clock that programs read in the open slot. */
  clock(): ChainClock;
  clockAt(slot: number): ChainClock;
  /** What the chain is in the open slot. */
  readonly rules: ChainRules;
  /** Changes the chain from the open slot on. Throws `sim-rules-invalid` naming the field. */
  change(change: Partial<ChainRules>): void;
  /** The slot after which Alpenglow began; undefined while it has not. */
  readonly alpenglowGenesis: number | undefined;
  /** The least lamports of an account of so many bytes, in the open slot. */
  rent(dataBytes: number): bigint;
  /** Milliseconds of the chain's own time from its start until the open slot began. */
  readonly elapsedMs: number;
  /** Slots that passed by the chain's own time in the minute that ended so many minutes before the open slot. */
  slotsInMinute(minutesAgo: number): number;
  /** The newest closed slot at a commitment; never before the start slot. */
  slotAt(commitment: Commitment): number;
  blockHeightAt(slot: number): number;
  /** Puts bytes into the open slot: genesis, airdrops, a trader's settled swap. Lamports 0 (and no data) deletes. */
  set(write: AccountWrite): void;
  /** The accounts as a closed slot left them; the last 36 and all since the finalized one are kept. Throws `slot-not-kept`. */
  at(slot: number): AccountsView;
  /** The newest blockhash that a transaction of the open slot may carry. */
  latestBlockhash(): Blockhash;
  /** The hash of a closed slot with the last block height it may land at. */
  blockhashOf(slot: number): Blockhash;
  /** True when a transaction of the slot after `slot` may carry this blockhash. */
  isBlockhashValid(blockhash: string, slot: number): boolean;
  /** Runs a transaction in the open slot, atomically. Its signatures must have been verified. */
  execute(transaction: BankTransaction): ExecutionResult;
  /** Runs a transaction on a closed slot's accounts and keeps nothing. */
  simulate(
    transaction: BankTransaction,
    options?: { readonly slot?: number; readonly replaceRecentBlockhash?: boolean },
  ): ExecutionResult;
  /** Notes a transaction of the open slot whose writes somebody has put into it already. */
  record(landed: LandedTransaction): void;
  /** True when somebody hears of transactions. */
  readonly isWatched: boolean;
  /** A transaction that landed in the last 300 slots, the open one included. */
  landed(signature: string): LandedTransaction | undefined;
  /** Transactions landed since the start. */
  readonly transactionCount: number;
  /** All that landed in a slot, in order. */
  landedIn(slot: number): readonly LandedTransaction[];
  /** Gives up all that the open slot has done: its leader begins another block. Listeners hear what it was. */
  dropBlock(): void;
  /** Closes the open slot and opens the next: listeners hear of it before this returns. */
  advanceSlot(): SlotAdvance;
  /** Each returns the function that removes the listener. */
  onSlot(listener: (advance: SlotAdvance) => void): () => void;
  onDropped(listener: (block: DroppedBlock) => void): () => void;
  onTransaction(listener: (landed: LandedTransaction) => void): () => void;
}

export function createBank(options: BankOptions): Bank {
  const { startSlot } = options;
  const start: ChainStart = {
    slot: startSlot,
    unixTimestamp: options.startUnixTimestamp,
    epoch: options.epoch ?? Math.floor(startSlot / SLOTS_PER_EPOCH),
  };
  const skippedSlots = Math.floor(startSlot / 16);
  const ledger = createLedger(startSlot);
  const hashes = createBlockhashes(start);
  let rules = changedRules(GENESIS_RULES, options.rules ?? {});
  const schedule = [...(options.schedule ?? [])].sort((a, b) => a.afterSlots - b.afterSlots);
  const slotClock = createSlotClock(start, rules.slotMs);
  const commitments = createCommitments(startSlot);
  const droppedListeners = new Set<(block: DroppedBlock) => void>();
  /** What given-up blocks of the open slot changed: told again when the slot closes. */
  const dropped = new Set<Address>();
  let alpenglowGenesis: number | undefined;
  const bySignature = new Map<string, LandedTransaction>();
  const bySlot = new Map<number, LandedTransaction[]>();
  const slotListeners = new Set<(advance: SlotAdvance) => void>();
  const transactionListeners = new Set<(landed: LandedTransaction) => void>();
  let slot = startSlot;
  let transactionCount = 0;

  const clockAt = (atSlot: number): ChainClock => slotClock.at(atSlot);
  const blockHeightAt = (atSlot: number): number => atSlot - skippedSlots;
  const blockhashOf = (atSlot: number): Blockhash => ({
    blockhash: hashes.of(atSlot),
    lastValidBlockHeight: blockHeightAt(atSlot) + BLOCKHASH_VALID_BLOCKS,
  });
  const isBlockhashValid = (blockhash: string, atSlot: number): boolean =>
    hashes.slotOf(blockhash, atSlot) !== undefined;

  hashes.of(startSlot - 1);
  ledger.set(clockSysvar(start, slotClock, slot));
  for (const write of ruleAccounts(rules)) ledger.set(write);

  const slotAt = (commitment: Commitment): number => commitments.at(commitment);
  const rent = (dataBytes: number): bigint => rentOf(rules, dataBytes);

  function change(next: Partial<ChainRules>): void {
    const before = rules;
    rules = changedRules(rules, next);
    if (rules.slotMs !== before.slotMs) slotClock.change(slot, rules.slotMs);
    tellRules();
    if (rules.consensus === 'alpenglow') alpenglowGenesis ??= slot - 1;
  }

  function applySchedule(): void {
    for (let due = schedule[0]; due !== undefined && startSlot + due.afterSlots <= slot; due = schedule[0]) {
      const { afterSlots, ...next } = due;
      schedule.shift();
      change(next);
    }
  }

  function dropBlock(): void {
    const changed = ledger.reopen();
    for (const { address } of changed) dropped.add(address);
    for (const { transaction } of bySlot.get(slot) ?? []) bySignature.delete(transaction.signature);
    transactionCount -= bySlot.get(slot)?.length ?? 0;
    bySlot.delete(slot);
    ledger.set(clockSysvar(start, slotClock, slot));
    tellRules();
    for (const listener of droppedListeners) listener({ slot, changed });
  }

  /** The accounts that say what the chain is, where they do not say it yet. */
  function tellRules(): void {
    for (const write of ruleAccounts(rules)) {
      const held = ledger.get(write.address);
      if (held === null || Buffer.compare(held.data, write.account.data) !== 0) ledger.set(write);
    }
  }

  function execute(transaction: BankTransaction): ExecutionResult {
    const result = executeTransaction(transaction, {
      slot,
      clock: clockAt(slot),
      get: ledger.get,
      rent,
      blockhashKnown: isBlockhashValid(transaction.recentBlockhash, slot - 1),
      alreadyProcessed: bySignature.has(transaction.signature),
    });
    if (!result.landed) return result;
    for (const write of result.writes) ledger.set(write);
    record({ transaction, result });
    return result;
  }

  function record(landed: LandedTransaction): void {
    bySignature.set(landed.transaction.signature, landed);
    transactionCount += 1;
    const inSlot = bySlot.get(slot);
    if (inSlot === undefined) bySlot.set(slot, [landed]);
    else inSlot.push(landed);
    for (const listener of transactionListeners) listener(landed);
  }

  function advanceSlot(): SlotAdvance {
    const parent = slot;
    const changed = [...ledger.close(slotAt('finalized'))];
    for (const { address } of changed) dropped.delete(address);
    for (const address of dropped) changed.push({ address, account: ledger.get(address) ?? GONE });
    dropped.clear();
    slot += 1;
    hashes.of(parent);
    applySchedule();
    ledger.set(clockSysvar(start, slotClock, slot));
    commitments.open(slot, rules.consensus);
    for (const { transaction } of bySlot.get(slot - KEPT_STATUS_SLOTS) ?? []) {
      bySignature.delete(transaction.signature);
    }
    bySlot.delete(slot - KEPT_STATUS_SLOTS);
    const advance: SlotAdvance = { slot, parent, root: slotAt('finalized'), changed };
    for (const listener of slotListeners) listener(advance);
    return advance;
  }

  return {
    get slot() {
      return slot;
    },
    get blockHeight() {
      return blockHeightAt(slot);
    },
    startSlot,
    genesisHash: hashes.genesisHash,
    get rules() {
      return rules;
    },
    change,
    get alpenglowGenesis() {
      return alpenglowGenesis;
    },
    rent,
    get elapsedMs() {
      return slotClock.elapsedMs(slot);
    },
    slotsInMinute: (minutesAgo) => slotClock.slotsInMinute(slot, minutesAgo),
    clock: () => clockAt(slot),
    clockAt,
    slotAt,
    blockHeightAt,
    get: (address: Address): AccountBytes | null => ledger.get(address),
    slotOf: (address) => ledger.slotOf(address),
    programAccounts: (owner) => ledger.programAccounts(owner),
    set: (write) => ledger.set(write),
    at: (atSlot) => ledger.at(atSlot),
    latestBlockhash: () => blockhashOf(slot - 1),
    blockhashOf,
    isBlockhashValid,
    execute,
    simulate(transaction, { slot: atSlot = slotAt('processed'), replaceRecentBlockhash = false } = {}) {
      return executeTransaction(transaction, {
        slot: atSlot,
        clock: clockAt(atSlot),
        get: ledger.at(atSlot).get,
        rent,
        blockhashKnown: replaceRecentBlockhash || isBlockhashValid(transaction.recentBlockhash, atSlot),
        alreadyProcessed: (bySignature.get(transaction.signature)?.result.slot ?? Infinity) <= atSlot,
      });
    },
    get transactionCount() {
      return transactionCount;
    },
    record,
    get isWatched() {
      return transactionListeners.size > 0;
    },
    landed: (signature) => bySignature.get(signature),
    landedIn: (atSlot) => bySlot.get(atSlot) ?? [],
    dropBlock,
    advanceSlot,
    onDropped: (listener) => listen(droppedListeners, listener),
    onSlot: (listener) => listen(slotListeners, listener),
    onTransaction: (listener) => listen(transactionListeners, listener),
  };
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
