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
  /** Ends that were believed and were none, by what they were taken for; they count nowhere else. */
  readonly corrected: Readonly<Record<Fill['outcome'], number>>;
  /** What every mint gained or lost, costs and leftovers of middle legs included; base units. */
  byMint(): ReadonlyMap<Address, bigint>;
  /** What the attempts that start from each mint came to. */
  byStartMint(): ReadonlyMap<Address, StartMintResult>;
  /** Counts an attempt; where the fill corrects another one, in its stead. */
  book(fill: Fill): void;
}

export function createLedger(): Ledger {
  const deltas = new Map<Address, bigint>();
  const results = new Map<Address, StartMintResult>();
  const counts = { filled: 0, reverted: 0, 'not-landed': 0 };
  const corrected = { filled: 0, reverted: 0, 'not-landed': 0 };
  let netLamports = 0n;
  let costLamports = 0n;
  const add = (mint: Address, delta: bigint): void => {
    if (delta !== 0n) deltas.set(mint, (deltas.get(mint) ?? 0n) + delta);
  };

  const count = (fill: Fill, times: 1 | -1): void => {
    const sign = BigInt(times);
    const { startMint } = fill.opportunity;
    counts[fill.outcome] += times;
    netLamports += sign * fill.netLamports;
    costLamports += sign * fill.costLamports;
    const before = results.get(startMint) ?? { trades: 0, gross: 0n, netLamports: 0n };
    results.set(startMint, {
      trades: before.trades + times,
      gross: before.gross + sign * fill.grossProfit,
      netLamports: before.netLamports + sign * fill.netLamports,
    });
    add(startMint, sign * fill.grossProfit);
    for (const { mint, amount } of fill.leftovers) add(mint, sign * amount);
    add(WSOL_MINT, -sign * fill.costLamports);
  };

  return {
    get filled() {
      return counts.filled;
    },
    get reverted() {
      return counts.reverted;
    },
    get notLanded() {
      return counts['not-landed'];
    },
    get netLamports() {
      return netLamports;
    },
    get costLamports() {
      return costLamports;
    },
    corrected,
    byMint: () => deltas,
    byStartMint: () => results,
    book(fill) {
      const { corrects } = fill;
      if (corrects !== undefined) {
        count(corrects, -1);
        corrected[corrects.outcome] += 1;
      }
      count(fill, 1);
    },
  };
}
