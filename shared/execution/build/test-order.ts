import { type Address, addressAt, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { type Approved, approve } from '../../risk/approve.ts';
import { createTestDoor } from '../../risk/test-door.ts';
import { ALT_MINT, createStill, type StillPool } from '../../routing/test-market.ts';
import type { Attempt, WalletAccounts } from './attempt.ts';
import { type LookupTable, lookupTable } from './lookup-table.ts';
import { OrderBuilder } from './order-builder.ts';

/** Approved orders of small markets, the wallet that executes them, and an attempt that nothing speaks against. */

const fill = (byte: number): Address => addressAt(new Uint8Array(32).fill(byte));

export const OWNER: Address = fill(61);
export const TIP_ACCOUNT: Address = fill(62);
export const DONT_FRONT = 'jitodontfront111111111111111111111111111111' as Address;
export const ACCOUNTS: ReadonlyMap<Address, Address> = new Map([
  [WSOL_MINT, fill(63)],
  [USDC_MINT, fill(64)],
  [ALT_MINT, fill(65)],
]);

export const WALLET: WalletAccounts = {
  owner: OWNER,
  tokenAccount(mint) {
    const address = ACCOUNTS.get(mint);
    return address === undefined ? undefined : { address, frozen: false };
  },
};

const POOL = { depthUsd: 1e5, feeBps: 5, variant: 0 };
/** SOL to USDC to ALT and back, over three venues, and one way only that pays. */
export const TRIANGLE: readonly StillPool[] = [
  { ...POOL, venue: 'raydium-cpmm', a: WSOL_MINT, b: USDC_MINT, gap: 1.1 },
  { ...POOL, venue: 'orca-whirlpool', a: ALT_MINT, b: USDC_MINT, gap: 1 },
  { ...POOL, venue: 'meteora-damm-v2', a: ALT_MINT, b: WSOL_MINT, gap: 1 },
];

export const ATTEMPT: Attempt = {
  version: 0,
  slot: 350_000_001,
  blockhash: new Uint8Array(32).fill(9),
  computeUnits: 300_000,
  microLamportsPerUnit: 1_000n,
  loadedDataBytes: 1 << 20,
  tip: { account: TIP_ACCOUNT, lamports: 5_000n, known: new Set([TIP_ACCOUNT]) },
};

export interface TestOrder {
  readonly order: Approved;
  readonly door: ReturnType<typeof createTestDoor>;
  readonly builder: OrderBuilder;
  /** Everything that its swaps name and a table may hold. The builder has it. */
  readonly table: LookupTable;
}

/** The best trade of the pools, approved. */
export function testOrder(
  pools: readonly StillPool[] = TRIANGLE,
  wallet = WALLET,
  chain = ASSUMED_CHAIN,
): TestOrder {
  const door = createTestDoor(pools, WSOL_MINT, createStill(pools));
  const approval = approve(door.opportunity, door.limits, door.view);
  if (!approval.ok) throw new Error(`not approved: ${approval.reason}`);
  const poolAt = (pool: Address) => door.market.poolAt(pool);
  const builder = new OrderBuilder({ wallet, poolAt, chain: () => chain });
  const named = door.opportunity.legs.flatMap(({ pool, aToB }) => [
    ...door.view.accountsOf(poolAt(pool)!, aToB),
  ]);
  const table = lookupTable(fill(66), [...new Set([...named, ...ACCOUNTS.values()])]);
  builder.setTables([table]);
  return { order: approval.approved, door, builder, table };
}
