import type { Address } from '../../../shared/core/address.ts';
import type { ChainClock } from '../../../shared/core/clock.ts';
import type { Market } from '../../../shared/market/market.ts';
import { isQuotable, type PoolEntry } from '../../../shared/market/pool-entry.ts';
import type { Opportunity } from '../../../shared/routing/opportunity.ts';
import type { Bank } from '../../../shared/sim/chain/bank.ts';
import { loadLocally } from '../../../shared/sim/chain/local-rules.ts';
import { type Swapped, sharesWrites } from '../../../shared/venues/shared-accounts.ts';
import type { PoolState } from '../../../shared/venues/venue.ts';

/** How a decision or a quotable pool stands to what the chain really held. */
export type Verdict = 'fresh' | 'stale' | 'false';

/** The worst verdict over all pools that may be quoted now, how many those are, and the first that it is of. */
export interface Look {
  readonly pools: number;
  readonly verdict: Verdict;
  readonly pool: Address | undefined;
  readonly venue: string | undefined;
  /** The slot of the newest state of the pool that explains what is believed; undefined where none does. */
  readonly ofSlot: number | undefined;
}

/** What the chain really held, slot by slot, to judge by what an engine believes. */
export interface Truth {
  /** `stale`: it is built on states that were over before the last `window` slots; `false`: on states that never were. */
  judge(opportunity: Opportunity): Verdict;
  judgePools(): Look;
  stop(): void;
}

interface Held {
  /** The slot from whose end on the pool stood so. */
  readonly slot: number;
  readonly state: PoolState;
}

/** As far back as a belief is called stale and not false. */
const KEPT_STATES = 200;

export interface TruthParams {
  readonly bank: Bank;
  readonly market: Market;
  /** Slots that a state may be behind the chain and still be traded on. */
  readonly window: number;
}

/** Follows the chain's own bytes, on no wire, from the slot that closed last. */
export function createTruth({ bank, market, window }: TruthParams): Truth {
  const history = new Map<PoolEntry, Held[]>();

  function note(entry: PoolEntry, slot: number): void {
    const loaded = loadLocally(entry.venue, entry.address, (address) => bank.at(slot).get(address));
    const states = history.get(entry) ?? [];
    if (loaded.ok) states.push({ slot, state: loaded.state });
    if (states.length > KEPT_STATES) states.shift();
    history.set(entry, states);
  }

  for (const entry of market.pools) note(entry, bank.slot - 1);
  const stop = bank.onSlot(({ parent, changed }) => {
    const addresses = new Set(changed.map(({ address }) => address));
    for (const entry of market.pools) {
      const known = history.get(entry)?.at(-1);
      const touched =
        addresses.has(entry.address) || known?.state.accounts.some(({ address }) => addresses.has(address));
      if (known === undefined || touched) note(entry, parent);
    }
  });

  /** The states in force in the window, newest first, and then those before it. */
  function statesOf(entry: PoolEntry): {
    readonly inWindow: readonly Held[];
    readonly before: readonly Held[];
  } {
    const states = history.get(entry) ?? [];
    const oldest = bank.slot - 1 - window;
    let from = states.length - 1;
    while (from > 0 && states[from]!.slot > oldest) from--;
    return {
      inWindow: states.slice(Math.max(0, from)).reverse(),
      before: states.slice(0, Math.max(0, from)).reverse(),
    };
  }

  function chainClock(): ChainClock {
    return market.clock ?? bank.clock();
  }

  /** Whether the state pays for the leg what was decided on. */
  function pays(
    entry: PoolEntry,
    state: PoolState,
    aToB: boolean,
    amountIn: bigint,
    amountOut: bigint,
  ): boolean {
    const quote = entry.venue.quote(state, aToB, amountIn, chainClock());
    return quote.ok && quote.amountOut === amountOut;
  }

  function verdictOf(
    entry: PoolEntry,
    explains: (state: PoolState) => boolean,
  ): { readonly verdict: Verdict; readonly slot: number | undefined } {
    const { inWindow, before } = statesOf(entry);
    const fresh = inWindow.find(({ state }) => explains(state));
    if (fresh !== undefined) return { verdict: 'fresh', slot: fresh.slot };
    const stale = before.find(({ state }) => explains(state));
    return { verdict: stale === undefined ? 'false' : 'stale', slot: stale?.slot };
  }

  return {
    judge({ legs }) {
      let worst: Verdict = 'fresh';
      const seen: Swapped[] = [];
      for (const { pool, aToB, amountIn, amountOut } of legs) {
        const entry = market.poolAt(pool);
        if (entry?.state === undefined) continue;
        const swapped = { venue: entry.venue, state: entry.state };
        // A swap on what an earlier one has written is quoted on what that leaves: the first one tells of the state.
        const isMoved = seen.some((earlier) => sharesWrites(earlier, swapped));
        seen.push(swapped);
        if (isMoved) continue;
        const { verdict } = verdictOf(entry, (state) => pays(entry, state, aToB, amountIn, amountOut));
        worst = worse(worst, verdict);
      }
      return worst;
    },
    judgePools() {
      let verdict: Verdict = 'fresh';
      let worst: PoolEntry | undefined;
      let ofSlot: number | undefined;
      let pools = 0;
      for (const entry of market.pools) {
        const { state } = entry;
        if (state === undefined || !market.live || !isQuotable(entry)) continue;
        pools++;
        const amountIn = 10n ** BigInt(Math.max(0, state.decimalsA - 1));
        const believed = entry.venue.quote(state, true, amountIn, chainClock());
        const own = verdictOf(entry, (true_) => {
          const paid = entry.venue.quote(true_, true, amountIn, chainClock());
          if (!believed.ok || !paid.ok) return believed.ok === paid.ok;
          return believed.amountOut === paid.amountOut;
        });
        if (worse(verdict, own.verdict) !== verdict) {
          verdict = own.verdict;
          worst = entry;
          ofSlot = own.slot;
        }
      }
      return { pools, verdict, pool: worst?.address, venue: worst?.venue.id, ofSlot };
    },
    stop,
  };
}

const ORDER: readonly Verdict[] = ['fresh', 'stale', 'false'];

function worse(a: Verdict, b: Verdict): Verdict {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}
