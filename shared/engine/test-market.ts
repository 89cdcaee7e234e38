import type { AccountBytes } from '../core/account.ts';
import {
  type Address,
  CLOCK_SYSVAR,
  findProgramAddress,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { createManualClock } from '../core/clock.ts';
import { createRandom } from '../core/random.ts';
import { createStaticCosts } from '../costs/costs.ts';
import { createPaperOrders, type PaperParams } from '../execution/paper.ts';
import { clockAccount } from '../market/chain-clock.ts';
import type { RiskLimits } from '../risk/judge.ts';
import { localHalf } from '../venues/local-registry.ts';
import { raydiumCpmm } from '../venues/raydium-cpmm/index.ts';
import { encodeMint, withTokenAmount } from '../venues/token/token.ts';
import { createEngine, type Engine, type EngineParams } from './engine.ts';
import type { MarketEvent } from './event.ts';
import type { EngineRecord } from './record.ts';

/** A third mint beside wSOL and USDC, for triangles. */
export const MEME_MINT: Address = findProgramAddress(
  [new TextEncoder().encode('meme')],
  TOKEN_PROGRAM,
).address;

const DECIMALS: Readonly<Record<string, number>> = { [WSOL_MINT]: 9, [USDC_MINT]: 6, [MEME_MINT]: 5 };

export interface TestPool {
  readonly a: Address;
  readonly b: Address;
  /** Whole b per whole a. */
  readonly price: number;
  /** Whole units of a. */
  readonly depth: number;
}

export interface TestMarket {
  readonly engine: Engine;
  /** In the order of the pools given. */
  readonly pools: readonly Address[];
  readonly accounts: Map<Address, AccountBytes>;
  /** Hands the engine an account, as the feed does. */
  tell(address: Address, account: AccountBytes | null, slot: number): EngineRecord;
  /** Tells the clock of `slot - 1` and then that `slot` has begun. */
  begin(slot: number): EngineRecord;
  /** Swaps on a pool as a stranger would and tells all of its changed accounts at `slot`; the last record. */
  trade(pool: Address, mintIn: Address, amountIn: bigint, slot: number): EngineRecord;
}

/** What is other than usual; `paper` where it executes. */
export type TestOverrides = Partial<Omit<EngineParams, 'limits'>> & {
  readonly paper?: PaperParams;
  readonly limits?: Partial<RiskLimits>;
};

export const START_SLOT = 1_000;

/**
 * An engine over real CPMM pools encoded by the venue, already fed and live at START_SLOT. `onEvent` sees every event
 * before the engine does.
 */
export function createTestMarket(
  specs: readonly TestPool[],
  { paper = { latencySlots: 1, landingOdds: 1 }, limits, ...overrides }: TestOverrides = {},
  onEvent: (event: MarketEvent) => void = () => {},
): TestMarket {
  const accounts = new Map<Address, AccountBytes>();
  const pools = specs.map((spec, i) => {
    const { address, accounts: made } = localHalf(raydiumCpmm).synthesize({
      seed: `test ${i}`,
      mintA: spec.a,
      mintB: spec.b,
      decimalsA: DECIMALS[spec.a]!,
      decimalsB: DECIMALS[spec.b]!,
      price: spec.price,
      depthA: spec.depth,
      feeBps: 25,
      variant: 0,
    });
    for (const write of made) accounts.set(write.address, write.account);
    return address;
  });
  for (const [mint, decimals] of Object.entries(DECIMALS)) {
    accounts.set(mint as Address, encodeMint({ decimals, supply: 10n ** 18n, tokenProgram: TOKEN_PROGRAM }));
  }

  const engine = createEngine({
    clock: createManualClock(0),
    pools: pools.map((address) => ({ venue: raydiumCpmm, address })),
    startMints: [WSOL_MINT, USDC_MINT],
    maxLegs: 3,
    maxQuotesPerUpdate: 2_000,
    costs: createStaticCosts({ baseFeeLamports: 5_000n, priorityFeeLamports: 1_000n, tipLamports: 10_000n }),
    limits: {
      maxTradeIn: new Map([
        [WSOL_MINT, 50_000_000_000n],
        [USDC_MINT, 5_000_000_000n],
      ]),
      minNetProfitLamports: 1n,
      maxPending: 4,
      maxLossLamports: 1_000_000_000n,
      maxSlotLag: 2,
      ...limits,
    },
    balances: new Map([
      [WSOL_MINT, 100_000_000_000n],
      [USDC_MINT, 10_000_000_000n],
    ]),
    orders: (market) => createPaperOrders(paper, market, createRandom('test').fork('paper')),
    ...overrides,
  });

  const take = (event: MarketEvent): EngineRecord => {
    onEvent(event);
    return engine.process(event);
  };

  const tell = (address: Address, account: AccountBytes | null, slot: number): EngineRecord => {
    const record = take({ kind: 'account', atMicros: 0, update: { address, slot, account } });
    return feed(record, slot);
  };

  /** Answers what the engine asks to watch, as a snapshot does. */
  const feed = (record: EngineRecord, slot: number): EngineRecord => {
    let last = record;
    for (const address of record.watch) {
      const account = accounts.get(address);
      if (account !== undefined) last = tell(address, account, slot);
    }
    return last;
  };

  const clockAt = (slot: number): ChainClock => ({ slot, unixTimestamp: 1_700_000_000 + slot, epoch: 700 });

  const begin = (slot: number): EngineRecord => {
    accounts.set(CLOCK_SYSVAR, clockAccount(clockAt(slot - 1)));
    tell(CLOCK_SYSVAR, accounts.get(CLOCK_SYSVAR)!, slot - 1);
    return take({ kind: 'slot', atMicros: 0, slot, parent: slot - 1 });
  };

  const trade = (pool: Address, mintIn: Address, amountIn: bigint, slot: number): EngineRecord => {
    const loaded = raydiumCpmm.load(pool, (address) => accounts.get(address));
    if (!loaded.ok) throw new Error(`cannot load ${pool}: ${loaded.reason}`);
    const aToB = loaded.state.mintA === mintIn;
    const settled = raydiumCpmm.settle(loaded.state, aToB, amountIn, clockAt(slot));
    if (!settled.ok) throw new Error(`cannot swap on ${pool}: ${settled.reason}`);
    const { vaultA, vaultB, vaultAmountA, vaultAmountB } = settled.state;
    for (const write of localHalf(raydiumCpmm).write(settled.state, (address) => accounts.get(address))) {
      accounts.set(write.address, write.account);
    }
    accounts.set(vaultA, withTokenAmount(accounts.get(vaultA)!, vaultAmountA));
    accounts.set(vaultB, withTokenAmount(accounts.get(vaultB)!, vaultAmountB));
    tell(pool, accounts.get(pool)!, slot);
    tell(vaultA, accounts.get(vaultA)!, slot);
    return tell(vaultB, accounts.get(vaultB)!, slot);
  };

  take({ kind: 'feed', atMicros: 0, live: false, reason: 'starting' });
  for (const address of pools) tell(address, accounts.get(address)!, START_SLOT);
  begin(START_SLOT + 1);
  take({ kind: 'feed', atMicros: 0, live: true, reason: 'snapshot complete' });
  return { engine, pools, accounts, tell, begin, trade };
}
