import type { AccountBytes } from '../../../shared/core/account.ts';
import {
  type Address,
  addressAt,
  COMPUTE_BUDGET_PROGRAM,
  SYSTEM_PROGRAM,
} from '../../../shared/core/address.ts';
import { U64_MAX } from '../../../shared/core/units.ts';
import { createStaticCosts } from '../../../shared/costs/costs.ts';
import type { Attempt, WalletAccounts } from '../../../shared/execution/build/attempt.ts';
import { loadedDataLimit } from '../../../shared/execution/build/compute-budget.ts';
import {
  encodeLookupTable,
  type LookupTable,
  lookupTable,
} from '../../../shared/execution/build/lookup-table.ts';
import { OrderBuilder } from '../../../shared/execution/build/order-builder.ts';
import { orderInstructions } from '../../../shared/execution/build/order-instructions.ts';
import { planTables } from '../../../shared/execution/build/plan-tables.ts';
import { type Signer, signTransaction } from '../../../shared/execution/build/signer.ts';
import type { Market } from '../../../shared/market/market.ts';
import type { PoolEntry } from '../../../shared/market/pool-entry.ts';
import { bytesByKit, bytesByWeb3 } from '../../../shared/platform/chain/vm/outside-encoders.ts';
import type { Execution, ProgramVm } from '../../../shared/platform/chain/vm/program-vm.ts';
import { type Approved, approve, termsOf } from '../../../shared/risk/approve.ts';
import { openGate } from '../../../shared/routing/candidates.ts';
import { createTally } from '../../../shared/routing/reason.ts';
import { createSearch } from '../../../shared/routing/search.ts';
import type { ProofWallet } from './prove-wallet.ts';

/** What one approved order came to as its whole signed transaction. Amounts are base units or lamports, as decimal strings. */
export interface OrderProof {
  readonly routeId: string;
  readonly venues: readonly string[];
  /** Of the start mint, net of all that the swaps take. */
  readonly predicted: string;
  /** Null when the transaction failed. */
  readonly realised: string | null;
  /** What its fees and tip cost, and what the wallet's SOL really lost. */
  readonly predictedLamports: string;
  readonly realisedLamports: string | null;
  readonly tipLamports: string;
  /** Both amounts came out to the unit, and the tip was paid. */
  readonly equal: boolean;
  readonly error?: string;
  readonly bytes: number;
  readonly lookupTables: number;
  /** Asked for: what it used when tried, and a margin. */
  readonly computeUnitLimit: number;
  readonly computeUnits?: number;
  /** After somebody else took the same from its first pool, it reverted, with nothing tipped. */
  readonly revertsWhenLosing: boolean;
  /** Our bytes are those of web3.js (version 0) and of kit (version 1). */
  readonly encodersEqual: boolean;
}

export interface OrdersProofParams {
  readonly market: Market;
  /** Checks signatures, and gives a transaction what it asks for. */
  readonly vm: ProgramVm;
  readonly wallet: ProofWallet;
  /** Of the VM's payer. */
  readonly signer: Signer;
  /** Whoever trades before: in a VM that checks no signature, on the same accounts. */
  readonly rival: { readonly vm: ProgramVm; readonly wallet: ProofWallet };
  readonly snapshot: ReadonlyMap<Address, AccountBytes>;
  /** Bytes of each program that swaps call. */
  readonly programBytes: number;
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  readonly maxSwaps: number;
  readonly maxIn: bigint;
  readonly best: number;
}

const COSTS = { baseFeeLamports: 5_000n, priorityFeeLamports: 1_000n, tipLamports: 10_000n };
const TIP_ACCOUNT = addressAt(new Uint8Array(32).fill(13));
const TIP = { account: TIP_ACCOUNT, lamports: COSTS.tipLamports, known: new Set([TIP_ACCOUNT]) };
const TIP_ACCOUNT_LAMPORTS = 1_000_000_000n;
const BLOCKHASH = new Uint8Array(32).fill(17);
/** Of the token programs that the VM brings, generously. */
const TOKEN_PROGRAM_BYTES = 2_000_000;
const UNIT_MARGIN = 1.1;
const MICRO_LAMPORTS = 1_000_000n;

/**
 * The best cycles of the market as orders that approval let through, each built, signed and executed as the one
 * transaction that would be sent: limits, guards, look-up tables and tip. Each runs once more after somebody else took the
 * same from its first pool, and must then revert with its tip unpaid.
 */
export async function proveOrders(params: OrdersProofParams): Promise<readonly OrderProof[]> {
  const { vm, wallet, market } = params;
  const tables = tablesFor(params);
  const own: WalletAccounts = {
    owner: vm.payer,
    tokenAccount: (mint) => ({ address: wallet.accountOf(mint), frozen: false }),
  };
  const poolAt = (pool: Address): PoolEntry | undefined => market.poolAt(pool);
  const builder = new OrderBuilder({ wallet: own, poolAt, chain: () => market.chain });
  builder.setTables(tables);
  const proofs: OrderProof[] = [];
  for (const order of approvedOrders(params))
    proofs.push(await proveOrder(params, builder, own, tables, order));
  return proofs;
}

async function proveOrder(
  params: OrdersProofParams,
  builder: OrderBuilder,
  own: WalletAccounts,
  tables: readonly LookupTable[],
  order: Approved,
): Promise<OrderProof> {
  const { vm, wallet, signer, market, snapshot, programBytes } = params;
  const terms = termsOf(order);
  const { opportunity } = terms;
  const { legs, startMint, costs } = opportunity;
  const dataBytes = [...snapshot.values()].reduce((sum, { data }) => sum + data.length, 0);
  let computeUnitLimit = market.chain.transactionUnits;
  const attemptOf = (version: 0 | 1): Attempt => ({
    version,
    slot: terms.slot,
    blockhash: BLOCKHASH,
    computeUnits: computeUnitLimit,
    microLamportsPerUnit: (costs.priorityFeeLamports * MICRO_LAMPORTS) / BigInt(computeUnitLimit),
    loadedDataBytes: loadedDataLimit(dataBytes + programBytes + TOKEN_PROGRAM_BYTES, 64, tables.length),
    tip: TIP,
  });
  const signed = async () => {
    const built = builder.build(order, attemptOf(0));
    if (!built.ok) return built;
    const done = await signTransaction(built.value, vm.payer, signer);
    return done.ok ? { ...done, built: built.value } : done;
  };
  const offered = legs.reduce((sum, { hop, amountIn }) => (hop === 0 ? sum + amountIn : sum), 0n);
  const prepare = (): void => {
    for (const { mintIn } of legs) wallet.give(mintIn, mintIn === startMint ? offered : 0n);
    vm.setAccount(TIP_ACCOUNT, {
      owner: SYSTEM_PROGRAM,
      lamports: TIP_ACCOUNT_LAMPORTS,
      data: new Uint8Array(0),
    });
  };
  const about = {
    routeId: opportunity.routeId,
    venues: legs.map(({ venue }) => venue),
    predicted: String(opportunity.grossProfit),
    tipLamports: String(TIP.lamports),
  };
  const failed = (error: string, bytes = 0, lookupTables = 0): OrderProof => ({
    ...about,
    realised: null,
    predictedLamports: '0',
    realisedLamports: null,
    equal: false,
    error,
    bytes,
    lookupTables,
    computeUnitLimit,
    revertsWhenLosing: false,
    encodersEqual: false,
  });

  prepare();
  const tried = await signed();
  if (!tried.ok) return failed(`${tried.reason}: ${tried.detail}`);
  const preflight = vm.run(tried.value.bytes);
  if (!preflight.ok) return failed(preflight.error, tried.value.bytes.length, tried.built.tables.length);
  computeUnitLimit = Math.ceil(preflight.computeUnits * UNIT_MARGIN);
  const sent = await signed();
  if (!sent.ok) return failed(`${sent.reason}: ${sent.detail}`);
  const { bytes } = sent.value;
  const executed = vm.run(bytes);
  if (!executed.ok) return failed(executed.error, bytes.length, sent.built.tables.length);
  const attempt = attemptOf(0);
  const fee = costs.baseFeeLamports + ceilMicro(BigInt(computeUnitLimit) * attempt.microLamportsPerUnit);
  const lost = vm.payerLamports - (executed.accounts.get(vm.payer)?.lamports ?? 0n);
  const realised = wallet.amountIn(startMint, executed.accounts, offered) - offered;
  const tipped = (executed.accounts.get(TIP_ACCOUNT)?.lamports ?? 0n) - TIP_ACCOUNT_LAMPORTS;
  return {
    ...about,
    realised: String(realised),
    predictedLamports: String(fee + TIP.lamports),
    realisedLamports: String(lost),
    equal: realised === opportunity.grossProfit && lost === fee + TIP.lamports && tipped === TIP.lamports,
    bytes: bytes.length,
    lookupTables: sent.built.tables.length,
    computeUnitLimit,
    computeUnits: executed.computeUnits,
    revertsWhenLosing: revertsWhenLosing(params, order, bytes, prepare),
    encodersEqual: await encodersEqual(params, builder, own, tables, order, attemptOf),
  };
}

/** Somebody takes from the first pool what the order is to take; the same signed bytes must then fail. */
function revertsWhenLosing(
  { vm, market, snapshot, rival }: OrdersProofParams,
  order: Approved,
  bytes: Uint8Array,
  prepare: () => void,
): boolean {
  const [leg] = termsOf(order).opportunity.legs;
  const { pool, aToB, amountIn, mintIn } = leg!;
  const { venue, state } = market.poolAt(pool)!;
  const tokens = {
    tokenA: rival.wallet.accountOf(state!.mintA),
    tokenB: rival.wallet.accountOf(state!.mintB),
  };
  const swap = venue.swap(state!, { owner: rival.vm.payer, ...tokens, aToB, amountIn, minAmountOut: 0n });
  rival.wallet.give(mintIn, amountIn);
  const moved = rival.vm.execute([swap]);
  if (!moved.ok) return false;
  const changed = [...moved.accounts].filter(([address]) => snapshot.has(address));
  for (const [address, account] of changed) vm.setAccount(address, account);
  prepare();
  const late: Execution = vm.run(bytes);
  for (const [address] of changed) vm.setAccount(address, snapshot.get(address)!);
  prepare();
  // Nothing that a failed transaction wrote is kept but its fee, so that the tip is unpaid.
  return !late.ok && late.instruction !== undefined;
}

async function encodersEqual(
  { market }: OrdersProofParams,
  builder: OrderBuilder,
  own: WalletAccounts,
  tables: readonly LookupTable[],
  order: Approved,
  attemptOf: (version: 0 | 1) => Attempt,
): Promise<boolean> {
  const poolAt = (pool: Address): PoolEntry | undefined => market.poolAt(pool);
  for (const version of [0, 1] as const) {
    const attempt = attemptOf(version);
    const built = builder.build(order, attempt);
    const made = orderInstructions(termsOf(order), attempt, own, poolAt, market.chain);
    if (!built.ok || !made.ok) return false;
    const parts = { payer: own.owner, instructions: made.value, blockhash: BLOCKHASH };
    const ordered = built.value.tables.map((used) => tables.find(({ address }) => address === used)!);
    const theirs =
      version === 0
        ? bytesByWeb3(parts, ordered)
        : bytesByKit(parts, {
            priorityFeeLamports: ceilMicro(BigInt(attempt.computeUnits) * attempt.microLamportsPerUnit),
            computeUnitLimit: attempt.computeUnits,
            loadedDataLimit: attempt.loadedDataBytes,
          });
    if (Buffer.compare(theirs, built.value.bytes) !== 0) return false;
  }
  return true;
}

function ceilMicro(microLamports: bigint): bigint {
  return (microLamports + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
}

/** The best cycles that approval lets through, with costs as on a chain. */
function approvedOrders(params: OrdersProofParams): readonly Approved[] {
  const { market, startMints, maxLegs, maxSwaps, maxIn, best } = params;
  const { clock } = market;
  if (clock === undefined) return [];
  const costs = createStaticCosts(COSTS);
  const swaps = Math.max(maxLegs, maxSwaps);
  const search = createSearch({
    market,
    startMints,
    maxLegs,
    maxSwaps: swaps,
    costs,
    maxQuotes: Number.MAX_SAFE_INTEGER,
    maxCandidates: Number.MAX_SAFE_INTEGER,
    maxPoolShareBps: 10_000,
  });
  const coherent = market.pools.filter((pool) => pool.coherent);
  const result = search.run(coherent, clock, openGate(maxIn), createTally(), { maxPassedOver: best });
  const found = [...result.best, ...result.passedOver.map(({ opportunity }) => opportunity)].slice(0, best);
  const limits = {
    maxTradeIn: new Map(startMints.map((mint) => [mint, maxIn])),
    minNetProfitLamports: 1n,
    maxPending: 1,
    maxLossLamports: U64_MAX,
    maxSlotLag: 1,
    maxHops: maxLegs,
    maxSwaps: swaps,
  };
  const view = {
    paused: false,
    halted: false,
    feedStale: false,
    pending: 0,
    market,
    costs,
    accountsOf: search.accountsOf,
    isPoolBusy: () => false,
    isSpent: () => false,
    free: () => U64_MAX,
    hasAccount: () => true,
  };
  return found.flatMap((opportunity) => {
    const approval = approve(opportunity, limits, view);
    return approval.ok ? [approval.approved] : [];
  });
}

/** Tables as they would be planned for these pools, put where the VM reads them. */
function tablesFor({ market, vm, wallet }: OrdersProofParams): readonly LookupTable[] {
  const never = new Set<Address>([vm.payer, TIP_ACCOUNT, COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM]);
  const pools = market.pools.flatMap(({ venue, state }) => {
    if (state === undefined) return [];
    never.add(venue.programId);
    const tokens = { tokenA: wallet.accountOf(state.mintA), tokenB: wallet.accountOf(state.mintB) };
    const accounts = [true, false].flatMap((aToB) =>
      venue
        .swap(state, { owner: vm.payer, ...tokens, aToB, amountIn: 1n, minAmountOut: 0n })
        .accounts.map(({ address }) => address),
    );
    return [{ mintA: state.mintA, mintB: state.mintB, accounts: new Set(accounts) }];
  });
  const plan = planTables({
    pools,
    tables: new Map(),
    never,
    slot: market.clock?.slot ?? 0,
    addressesAtOnce: 256,
  });
  return plan.add.map(({ addresses }, i) => {
    const table = lookupTable(addressAt(new Uint8Array(32).fill(200 + i)), addresses);
    const account = {
      deactivationSlot: U64_MAX,
      lastExtendedSlot: 0n,
      lastExtendedStart: 0,
      authority: undefined,
      addresses,
    };
    vm.setAccount(table.address, encodeLookupTable(account, TIP_ACCOUNT_LAMPORTS));
    return table;
  });
}
