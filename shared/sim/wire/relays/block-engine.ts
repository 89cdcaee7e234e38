import type { Address } from '../../../core/address.ts';
import type { Random } from '../../../core/random.ts';
import type { Bank } from '../../chain/bank.ts';
import { poolsOf } from '../rpc/transaction-methods.ts';
import { type Bundle, type BundleRules, type DryRun, dryRun, runAlone } from './bundle.ts';
import { createEngineLeaders, type EngineLeaders } from './engine-leaders.ts';
import { createRivalBids, outbids, type RivalSettings } from './rival-bids.ts';

/** What a block engine tells of a bundle: several of one may come, or none. */
export type BundleNews =
  | { readonly kind: 'accepted'; readonly slot: number; readonly validator: Address }
  | { readonly kind: 'bid-rejected'; readonly auctionId: string; readonly simulatedBidLamports: bigint }
  | { readonly kind: 'simulation-failed'; readonly signature: string; readonly message: string }
  | { readonly kind: 'processed'; readonly slot: number; readonly validator: Address }
  | { readonly kind: 'finalized' }
  | { readonly kind: 'dropped'; readonly reason: 'blockhash-expired' | 'not-finalized' };

/** What becomes of bundles beyond the auction; shares of 1. */
export interface EngineFaults {
  /** Won, passed on, and not in the block. */
  readonly dropped: number;
  /** Of those that were dropped: the transaction lands alone a slot later. */
  readonly uncled: number;
  /** Nothing is ever told. */
  readonly silent: number;
  /** Passed on to several validators: told twice. */
  readonly doubled: number;
}

export const NO_ENGINE_FAULTS: EngineFaults = { dropped: 0, uncled: 0, silent: 0, doubled: 0 };

export interface BlockEngineOptions {
  readonly bank: Bank;
  readonly random: Random;
  readonly rules: BundleRules;
  readonly rivals?: RivalSettings;
  readonly faults?: EngineFaults;
  /** Of the validators, those that it reaches. Default: all. */
  readonly connectedShare?: number;
  /** Runs before a bundle does, with its pools: where a rival may get in first. */
  readonly beforeTransaction?: (pools: readonly Address[]) => void;
  /** A rival has won these pools. */
  readonly onRivalWon?: (pools: readonly Address[]) => void;
}

export type BundleStatus = 'Invalid' | 'Pending' | 'Failed' | 'Landed';

export interface BlockEngine {
  readonly leaders: EngineLeaders;
  readonly rules: BundleRules;
  faults: EngineFaults;
  /** Takes a bundle that was read and checked; one that it has already changes nothing. */
  submit(bundle: Bundle): void;
  /** One auction among what waits: to be called every 50 ms of the chain's own time. */
  auction(): void;
  status(id: string): { readonly status: BundleStatus; readonly slot: number | undefined };
  bundle(id: string): Bundle | undefined;
  /** Times that this signature came, in whatever bundle. */
  received(signature: string): number;
  /** Lamports of the tips that won, of rivals too: the last thousand. */
  readonly landedTips: readonly bigint[];
  /** Returns the function that removes the listener. */
  onNews(listener: (id: string, news: BundleNews) => void): () => void;
  stop(): void;
}

interface Entry {
  readonly bundle: Bundle;
  readonly silent: boolean;
  state: 'waiting' | 'lost' | 'landed' | 'uncled' | 'ended';
  slot: number | undefined;
  readonly arrivedMs: number;
}

/** A block engine forgets bundles after so long. */
const KEPT_MS = 300_000;
const KEPT_TIPS = 1_000;

/** The auctions of a block engine over a bank. Without timers: it moves when it is told to. */
export function createBlockEngine(options: BlockEngineOptions): BlockEngine {
  const { bank, random, rules } = options;
  const leaders = createEngineLeaders(random.fork('leaders'), options.connectedShare ?? 1);
  const rivals = createRivalBids(random.fork('rivals'), options.rivals);
  const chance = random.fork('faults');
  const entries = new Map<string, Entry>();
  const receipts = new Map<string, number>();
  const listeners = new Set<(id: string, news: BundleNews) => void>();
  const landedTips: bigint[] = [];
  let faults = options.faults ?? NO_ENGINE_FAULTS;
  let auctions = 0;

  function tell({ bundle, silent }: Entry, news: BundleNews): void {
    if (silent) return;
    for (const listener of listeners) listener(bundle.id, news);
  }

  function lose(entry: Entry, news: BundleNews): void {
    entry.state = 'lost';
    tell(entry, news);
  }

  function noteTip(lamports: bigint): void {
    landedTips.push(lamports);
    if (landedTips.length > KEPT_TIPS) landedTips.shift();
  }

  function auction(): void {
    auctions++;
    const { identity, connected } = leaders.leaderOf(bank.slot);
    const bids: { readonly entry: Entry; readonly run: DryRun }[] = [];
    for (const entry of entries.values()) {
      if (entry.state !== 'waiting') continue;
      if (entry.bundle.wires.some((wire) => !bank.isBlockhashValid(wire.recentBlockhash, bank.slot - 1))) {
        lose(entry, { kind: 'dropped', reason: 'blockhash-expired' });
      } else if (connected && bank.rules.consensus !== 'migrating') {
        const run = simulated(entry);
        if (run !== undefined) bids.push({ entry, run });
      }
    }
    bids.sort((a, b) =>
      outbids(bidOf(a.run), bidOf(b.run)) ? -1 : outbids(bidOf(b.run), bidOf(a.run)) ? 1 : 0,
    );
    for (const { entry, run } of bids) contest(entry, run, identity);
  }

  /** What it comes to on the slot as it stands; undefined where it fails, which is told. */
  function simulated(entry: Entry): DryRun | undefined {
    const run = dryRun(bank, entry.bundle, rules.tipAccounts);
    if (run.failed === undefined) return run;
    const { signature, err } = run.failed;
    lose(entry, { kind: 'simulation-failed', signature, message: JSON.stringify(err) });
    return undefined;
  }

  function contest(entry: Entry, run: DryRun, validator: Address): void {
    const pools = run.transactions.flatMap((transaction) => poolsOf(bank, transaction));
    // Nobody fights over a transfer.
    const rival = pools.length === 0 ? undefined : rivals.best();
    if (rival !== undefined && !outbids(bidOf(run), rival)) {
      noteTip(rival.lamports);
      const auctionId = `${bank.slot}-${auctions}`;
      lose(entry, { kind: 'bid-rejected', auctionId, simulatedBidLamports: rival.lamports });
      options.onRivalWon?.(pools);
      return;
    }
    const accepted = { kind: 'accepted', slot: bank.slot, validator } as const;
    tell(entry, accepted);
    if (chance.next() < faults.doubled) tell(entry, accepted);
    if (chance.next() < faults.dropped) {
      entry.state = chance.next() < faults.uncled ? 'uncled' : 'lost';
      entry.slot = bank.slot;
      return;
    }
    options.beforeTransaction?.(pools);
    land(entry, validator);
  }

  /** In the open slot, all of it or nothing: the pools may have moved since the auction. */
  function land(entry: Entry, validator: Address): void {
    const run = simulated(entry);
    if (run === undefined) return;
    for (const transaction of run.transactions) bank.execute(transaction);
    entry.state = 'landed';
    entry.slot = bank.slot;
    noteTip(run.tipLamports);
    tell(entry, { kind: 'processed', slot: bank.slot, validator });
  }

  function forget(id: string, { bundle }: Entry): void {
    entries.delete(id);
    for (const signature of bundle.signatures) receipts.delete(signature);
  }

  const stopSlots = bank.onSlot(() => {
    for (const [id, entry] of entries) {
      if (entry.state === 'uncled') {
        // The block was given up and its transactions are passed on one by one: nothing protects them now.
        entry.state = 'lost';
        runAlone(bank, entry.bundle);
      } else if (entry.state === 'landed' && entry.slot! <= bank.slotAt('finalized')) {
        const stands = entry.bundle.signatures.every((signature) => bank.landed(signature) !== undefined);
        tell(entry, stands ? { kind: 'finalized' } : { kind: 'dropped', reason: 'not-finalized' });
        entry.state = 'ended';
      } else if (bank.elapsedMs - entry.arrivedMs > KEPT_MS) forget(id, entry);
    }
  });

  return {
    leaders,
    rules,
    get faults() {
      return faults;
    },
    set faults(next) {
      faults = next;
    },
    submit(bundle) {
      for (const signature of bundle.signatures) receipts.set(signature, (receipts.get(signature) ?? 0) + 1);
      if (entries.get(bundle.id)?.state === 'waiting') return;
      const silent = chance.next() < faults.silent;
      entries.set(bundle.id, {
        bundle,
        silent,
        state: 'waiting',
        slot: undefined,
        arrivedMs: bank.elapsedMs,
      });
    },
    auction,
    status(id) {
      const entry = entries.get(id);
      if (entry === undefined) return { status: 'Invalid', slot: undefined };
      const landed = entry.bundle.signatures.map((signature) => bank.landed(signature));
      const isIn = entry.state === 'landed' || entry.state === 'ended';
      if (isIn && landed.every((one) => one !== undefined)) {
        return { status: 'Landed', slot: landed[0]!.result.slot };
      }
      return { status: entry.state === 'waiting' ? 'Pending' : 'Failed', slot: undefined };
    },
    bundle: (id) => entries.get(id)?.bundle,
    received: (signature) => receipts.get(signature) ?? 0,
    landedTips,
    onNews(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: stopSlots,
  };
}

function bidOf({ tipLamports, units }: DryRun) {
  return { lamports: tipLamports, units };
}
