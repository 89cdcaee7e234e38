import { type Address, WSOL_MINT } from '../core/address.ts';
import { tokenAccountRentLamports } from '../core/chain-parameters.ts';
import type { Clock } from '../core/clock.ts';
import type { CostModel } from '../costs/costs.ts';
import { createUnitPrice } from '../costs/unit-price.ts';
import type { Fill } from '../execution/fill.ts';
import { createOpenOrders, type OpenOrder } from '../execution/open-orders.ts';
import type { OrderEvent } from '../execution/order-event.ts';
import type { Orders } from '../execution/orders.ts';
import { type Applied, createMarket, DEFAULT_ESTIMATE_AGE_SLOTS, type Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import { type Approved, approve, termsOf } from '../risk/approve.ts';
import { type Balances, createBalances } from '../risk/balances.ts';
import { type DoorLimits, type RiskLimits, WHOLE_POOL_BPS } from '../risk/judge.ts';
import { createSpentEdges } from '../risk/spent-edges.ts';
import { createTally, type Tally } from '../routing/reason.ts';
import { createSearch, type Search, type SearchGate } from '../routing/search.ts';
import type { Venue } from '../venues/venue.ts';
import { applyEvent } from './apply-event.ts';
import type { MarketEvent } from './event.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Decision, EngineRecord, StageTimes } from './record.ts';
import { createRiskView } from './risk-view.ts';
import { createSettlement } from './settlement.ts';

export interface EngineParams {
  readonly clock: Clock;
  readonly pools: readonly { readonly venue: Venue; readonly address: Address }[];
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  /** Swaps of one transaction; `maxLegs` when absent: nothing is split beyond it. */
  readonly maxSwaps?: number;
  readonly maxQuotesPerUpdate: number;
  /** Cycles that one update may size with splits; no limit when absent. */
  readonly maxCandidatesPerUpdate?: number;
  readonly costs: CostModel;
  /** Slots for which a fee estimate or a price from outside the chain counts. */
  readonly maxEstimateAgeSlots?: number | undefined;
  readonly limits: RiskLimits;
  readonly balances: ReadonlyMap<Address, bigint>;
  /** True: what the wallet is told to hold counts, and takes the place of `balances`. */
  readonly countsWallet?: boolean;
  /** Who executes what is approved, made for the engine's market. */
  readonly orders: (market: Market) => Orders;
  /** True: a trade through a mint that the wallet has no account for pays its rent. Else accounts are made ahead. */
  readonly payRent?: boolean;
}

const NO_ORDERS: readonly Approved[] = [];
const NOTHING_TOLD: readonly OrderEvent[] = [];
const NO_FILLS: readonly Fill[] = [];
/** Of a change of several pools, so many opportunities beside the chosen ones are recorded. */
const MAX_PASSED_OVER = 3;

/** Why the engine is not deciding, or that it is. */
export type EngineStatus = 'starting' | 'running' | 'paused' | 'halted' | 'feed-down';

/**
 * The whole decision line as one synchronous, deterministic function of its events: live, paper, backtest and fault
 * tests all drive this.
 */
export interface Engine {
  process(event: MarketEvent): EngineRecord;
  readonly status: EngineStatus;
  readonly market: Market;
  readonly ledger: Ledger;
  readonly balances: Balances;
  readonly costs: CostModel;
  /** Approved orders that have not ended, oldest first. */
  readonly pending: readonly OpenOrder[];
  /** The loss limit was reached and nobody has resumed since. */
  readonly halted: boolean;
  /** What the search knows: mints, pools in both directions, pairs of mints. */
  readonly graph: Search['size'];
  /** Refusals by reason since the start. */
  readonly refused: Tally;
}

type MutableRecord = { -readonly [K in keyof EngineRecord]: EngineRecord[K] };

export function createEngine(params: EngineParams): Engine {
  const { clock, limits } = params;
  const maxEstimateAgeSlots = params.maxEstimateAgeSlots ?? DEFAULT_ESTIMATE_AGE_SLOTS;
  const market = createMarket({ maxEstimateAgeSlots });
  const maxSwaps = Math.max(params.maxLegs, params.maxSwaps ?? 0);
  const doorLimits: DoorLimits = { ...limits, maxHops: params.maxLegs, maxSwaps };
  const search: Search = createSearch({
    market,
    startMints: params.startMints,
    maxLegs: params.maxLegs,
    costs: params.costs,
    maxSwaps,
    maxQuotes: params.maxQuotesPerUpdate,
    maxCandidates: params.maxCandidatesPerUpdate ?? Number.POSITIVE_INFINITY,
    maxPoolShareBps: limits.maxPoolShareBps ?? WHOLE_POOL_BPS,
  });
  const balances = createBalances(params.balances, params.countsWallet);
  const spent = createSpentEdges();
  const orders = params.orders(market);
  const open = createOpenOrders();
  const ledger = createLedger();
  const settlement = createSettlement({
    market,
    open,
    ledger,
    balances,
    spent,
    movesMarket: orders.movesMarket,
  });
  const unitPrice = createUnitPrice(params.costs, maxEstimateAgeSlots);
  const refusedInTotal = createTally();
  const refused = createTally();
  const decisions: Decision[] = [];
  const stages: StageTimes = { applyMicros: 0, searchMicros: 0, approveMicros: 0 };
  const switches = { paused: false, halted: false };
  let everLive = false;
  /** The net when trading was last resumed: the loss limit counts from there. */
  let lossFromLamports = 0n;

  for (const { venue, address } of params.pools) market.addPool(venue, address);

  const record: MutableRecord = {
    sequence: 0,
    slot: 0,
    changedPools: 0,
    loads: 0,
    dropped: '',
    released: undefined,
    refused,
    decisions,
    orders: NO_ORDERS,
    told: NOTHING_TOLD,
    fills: NO_FILLS,
    watch: [],
    unwatch: [],
    stages,
  };

  /** What trades may put in: of SOL, what the costs of all trades that may still be placed leave. */
  function spendable(mint: Address): bigint {
    const free = balances.free(mint);
    if (mint !== WSOL_MINT) return free;
    const newAccounts = params.payRent === true ? params.maxLegs - 1 : 0;
    const most = params.costs.costsOf({ legs: maxSwaps, newAccounts }).totalLamports;
    return free - most * BigInt(Math.max(1, limits.maxPending - open.list.length));
  }

  const hasAccount = (mint: Address): boolean => params.payRent !== true || balances.has(mint);

  const gate: SearchGate = {
    bars(pool, aToB) {
      if (open.isPoolBusy(pool)) return 'pool-busy';
      return spent.isSpent(pool, aToB) ? 'edge-spent' : undefined;
    },
    maxIn(startMint) {
      const limit = limits.maxTradeIn.get(startMint) ?? 0n;
      const free = spendable(startMint);
      return free < limit ? free : limit;
    },
    free: spendable,
    hasAccount,
  };

  const view = createRiskView({
    market,
    costs: params.costs,
    accountsOf: search.accountsOf,
    maxSlotLag: limits.maxSlotLag,
    open,
    spent,
    balances,
    hasAccount,
    switches,
  });

  const place = (order: Approved, atMicros: number): void => {
    settlement.place(termsOf(order), atMicros);
    record.orders = [...record.orders, order];
    orders.take(order);
  };

  const decide = (changed: readonly PoolEntry[], atMicros: number): void => {
    const chainClock = market.clock;
    // Before a slot is told nobody knows how old the states are, nor in which slot an order would be placed.
    if (changed.length === 0 || !market.live || market.slot === 0 || chainClock === undefined) return;
    const from = clock.monotonicMicros();
    const { best, passedOver } = search.run(changed, chainClock, gate, refused, {
      maxChosen: limits.maxPending - open.list.length,
      maxPassedOver: MAX_PASSED_OVER,
    });
    const between = clock.monotonicMicros();
    stages.searchMicros = between - from;
    for (const opportunity of best) {
      const approval = approve(opportunity, doorLimits, view);
      if (!approval.ok) {
        refused.add(approval.reason);
        decisions.push({ outcome: 'refused', reason: approval.reason, opportunity });
        continue;
      }
      place(approval.approved, atMicros);
      decisions.push({ outcome: 'approved', reason: 'approved', opportunity });
    }
    for (const { reason, opportunity } of passedOver)
      decisions.push({ outcome: 'refused', reason, opportunity });
    if (best.length > 0) stages.approveMicros = clock.monotonicMicros() - between;
  };

  const haltAtLimit = (): void => {
    if (ledger.netLamports - lossFromLamports <= -limits.maxLossLamports) switches.halted = true;
  };

  /** Why the event comes to nothing, or ''. */
  const takeOrder = (event: OrderEvent): string => {
    const settled = settlement.take(event);
    if (settled === undefined) return '';
    if (typeof settled === 'string') return settled;
    record.fills = [...record.fills, settled];
    haltAtLimit();
    // Something else than what was approved was executed: nobody knows what is next.
    if (isBreach(settled)) switches.halted = true;
    return '';
  };

  const onSlot = (slot: number, parent: number, atMicros: number): Applied => {
    const applied = market.beginSlot(slot, parent);
    if (applied.taken !== '') return applied;
    unitPrice.beginSlot(slot);
    const executed = orders.beginSlot(slot, atMicros);
    for (const event of executed) takeOrder(event);
    const byTime = open.beginSlot(slot, atMicros);
    for (const event of byTime) takeOrder(event);
    record.told = [...executed, ...byTime];
    if (market.clock !== undefined) spent.reopen(market.clock, search.hasMarginalProfit);
    return applied;
  };

  const onControl = (command: 'pause' | 'resume'): void => {
    switches.paused = command === 'pause';
    if (switches.paused) return;
    switches.halted = false;
    lossFromLamports = ledger.netLamports;
  };

  const take = (event: MarketEvent): Applied | undefined => {
    switch (event.kind) {
      case 'slot':
        return onSlot(event.slot, event.parent, event.atMicros);
      case 'feed':
        everLive ||= event.live;
        if (!event.live) unitPrice.forget();
        break;
      case 'control':
        onControl(event.command);
        break;
      case 'loss':
        lossFromLamports += event.lamports;
        switches.halted ||= event.halted;
        haltAtLimit();
        break;
      case 'chain':
        params.costs.setTokenAccountRent(tokenAccountRentLamports(event.parameters));
        break;
      case 'order':
        record.dropped = takeOrder(event);
        break;
      case 'balance':
        balances.tell(event.source, event);
        break;
      case 'fee':
        unitPrice.take(event.microLamportsPerUnit, market.slot);
    }
    return applyEvent(market, event);
  };

  return {
    market,
    ledger,
    balances,
    costs: params.costs,
    refused: refusedInTotal,
    get pending() {
      return open.list;
    },
    get halted() {
      return switches.halted;
    },
    get graph() {
      return search.size;
    },
    get status() {
      if (!market.live) return everLive ? 'feed-down' : 'starting';
      if (switches.halted) return 'halted';
      return switches.paused ? 'paused' : 'running';
    },
    process(event) {
      record.sequence += 1;
      record.dropped = '';
      record.orders = NO_ORDERS;
      record.told = NOTHING_TOLD;
      record.fills = NO_FILLS;
      decisions.length = 0;
      refused.clear();
      stages.applyMicros = 0;
      stages.searchMicros = 0;
      stages.approveMicros = 0;
      const from = clock.monotonicMicros();
      const applied = take(event);
      stages.applyMicros = clock.monotonicMicros() - from;
      if (applied !== undefined)
        record.dropped = applied.taken === 'changed' || applied.taken === 'confirmed' ? '' : applied.taken;
      record.changedPools = applied?.changed.length ?? 0;
      record.released = event.kind === 'account' ? applied?.released : undefined;
      record.loads = event.kind === 'account' ? (applied?.loads ?? 0) : 0;
      if (applied !== undefined) decide(applied.changed, event.atMicros);
      record.slot = market.slot;
      const { watch, unwatch } = market.takeSubscriptions();
      record.watch = watch;
      record.unwatch = unwatch;
      refusedInTotal.addAll(refused);
      return record;
    },
  };
}

/** An order cost more, or brought less, than it was approved for. */
function isBreach({ terms, opportunity, outcome, costLamports, grossProfit }: Fill): boolean {
  if (costLamports > terms.maxCostLamports) return true;
  return outcome === 'filled' && grossProfit < terms.minAmountOut - opportunity.amountIn;
}
