import type { AccountBytes, AccountWrite } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { BLOCKHASH_VALID_BLOCKS, type Blockhash, createBlockhashes } from './blockhash.ts';
import { type ChainStart, clockAtSlot, clockSysvar, SLOTS_PER_EPOCH } from './clock-sysvar.ts';
import { executeTransaction } from './execute-transaction.ts';
import { type AccountsView, createLedger } from './ledger.ts';
import type { BankTransaction, ExecutionResult, LandedTransaction } from './transaction.ts';

/** Slots for which a landed transaction is remembered: twice the life of a blockhash. */
const KEPT_STATUS_SLOTS = 300;
const SLOTS_TO_FINALIZED = 32;

export interface BankOptions {
  readonly startSlot: number;
  /** Seconds. */
  readonly startUnixTimestamp: number;
  /** The epoch of the start slot; by default that of a chain of 432,000-slot epochs. */
  readonly epoch?: number;
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

export type Commitment = 'processed' | 'confirmed' | 'finalized';

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
  /** The newest closed slot at a commitment; never before the start slot. */
  slotAt(commitment: Commitment): number;
  blockHeightAt(slot: number): number;
  /** Puts bytes into the open slot: genesis, airdrops, a trader's settled swap. Lamports 0 (and no data) deletes. */
  set(write: AccountWrite): void;
  /** The accounts as a closed slot left them; the last 36 slots are kept. Throws `slot-not-kept`. */
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
  /** Closes the open slot and opens the next: listeners hear of it before this returns. */
  advanceSlot(): SlotAdvance;
  /** Both return the function that removes the listener. */
  onSlot(listener: (advance: SlotAdvance) => void): () => void;
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
  const bySignature = new Map<string, LandedTransaction>();
  const bySlot = new Map<number, LandedTransaction[]>();
  const slotListeners = new Set<(advance: SlotAdvance) => void>();
  const transactionListeners = new Set<(landed: LandedTransaction) => void>();
  let slot = startSlot;
  let transactionCount = 0;

  const clockAt = (atSlot: number): ChainClock => clockAtSlot(start, atSlot);
  const blockHeightAt = (atSlot: number): number => atSlot - skippedSlots;
  const blockhashOf = (atSlot: number): Blockhash => ({
    blockhash: hashes.of(atSlot),
    lastValidBlockHeight: blockHeightAt(atSlot) + BLOCKHASH_VALID_BLOCKS,
  });
  const isBlockhashValid = (blockhash: string, atSlot: number): boolean =>
    hashes.slotOf(blockhash, atSlot) !== undefined;

  hashes.of(startSlot - 1);
  ledger.set(clockSysvar(start, clockAt(slot)));

  function slotAt(commitment: Commitment): number {
    const behind = commitment === 'processed' ? 1 : commitment === 'confirmed' ? 2 : 1 + SLOTS_TO_FINALIZED;
    return Math.max(startSlot, slot - behind);
  }

  function execute(transaction: BankTransaction): ExecutionResult {
    const result = executeTransaction(transaction, {
      slot,
      clock: clockAt(slot),
      get: ledger.get,
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
    const changed = ledger.close();
    slot += 1;
    hashes.of(parent);
    ledger.set(clockSysvar(start, clockAt(slot)));
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
    advanceSlot,
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
