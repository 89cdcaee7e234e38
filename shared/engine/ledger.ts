import { type Address, WSOL_MINT } from '../core/address.ts';
import type { Fill } from '../execution/fill.ts';

/** `gross` in base units of the mint, before costs. */
export interface StartMintResult {
  readonly trades: number;
  readonly gross: bigint;
  readonly netLamports: bigint;
}

/** Running profit and loss. Costs are booked under wSOL. */
export interface Ledger {
  readonly filled: number;
  readonly reverted: number;
  readonly notLanded: number;
  /** Sum over every attempt, costs of failed ones included. */
  readonly netLamports: bigint;
  readonly costLamports: bigint;
  /** What every mint gained or lost, costs and leftovers of middle legs included; base units. */
  byMint(): ReadonlyMap<Address, bigint>;
  /** What the attempts that start from each mint came to. */
  byStartMint(): ReadonlyMap<Address, StartMintResult>;
  book(fill: Fill): void;
}

export function createLedger(): Ledger {
  const deltas = new Map<Address, bigint>();
  const results = new Map<Address, StartMintResult>();
  let filled = 0;
  let reverted = 0;
  let notLanded = 0;
  let netLamports = 0n;
  let costLamports = 0n;
  const add = (mint: Address, delta: bigint): void => {
    if (delta !== 0n) deltas.set(mint, (deltas.get(mint) ?? 0n) + delta);
  };
  return {
    get filled() {
      return filled;
    },
    get reverted() {
      return reverted;
    },
    get notLanded() {
      return notLanded;
    },
    get netLamports() {
      return netLamports;
    },
    get costLamports() {
      return costLamports;
    },
    byMint: () => deltas,
    byStartMint: () => results,
    book(fill) {
      if (fill.outcome === 'filled') filled += 1;
      else if (fill.outcome === 'reverted') reverted += 1;
      else notLanded += 1;
      netLamports += fill.netLamports;
      costLamports += fill.costLamports;
      const { startMint } = fill.opportunity;
      const before = results.get(startMint) ?? { trades: 0, gross: 0n, netLamports: 0n };
      results.set(startMint, {
        trades: before.trades + 1,
        gross: before.gross + fill.grossProfit,
        netLamports: before.netLamports + fill.netLamports,
      });
      add(startMint, fill.grossProfit);
      for (const { mint, amount } of fill.leftovers) add(mint, amount);
      add(WSOL_MINT, -fill.costLamports);
    },
  };
}
