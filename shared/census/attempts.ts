import { executeLegs } from '../execution/execute-legs.ts';
import { grossLamportsNow, grossLamportsThen } from '../execution/gross-lamports.ts';
import type { Market } from '../market/market.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { type CensusCounts, type Group, isVerdictCase } from './counts.ts';
import { TIP_ASSUMPTIONS, tipLamports } from './tips.ts';

/** One gap's transactions of one moment: the same legs, with each tip that they pay for. */
interface Attempt {
  readonly opportunity: Opportunity;
  readonly slot: number;
  readonly groups: readonly Group[];
  /** By tip; undefined where this moment is not the one that it is taken at. */
  readonly tips: readonly (bigint | undefined)[];
  /** Latencies that are over: the shortest come first. */
  done: number;
}

/** The transactions on their way, each met by the state of its landing slot. */
export interface Attempts {
  /**
   * Takes the gap with every tip that `taken` does not name yet and that leaves a profit; the tips named then, as bits.
   */
  decide(opportunity: Opportunity, slot: number, groups: readonly Group[], taken: number): number;
  /** Slot `slot` has begun: ends what lands before it. */
  land(slot: number): void;
  /** The run is over: what is still on its way meets a state that was not seen. */
  end(): void;
}

/** `counts.latencySlots` must rise. */
export function createAttempts(market: Market, counts: CensusCounts): Attempts {
  const { latencySlots, cells } = counts;
  let pending: Attempt[] = [];

  const book = (
    attempt: Attempt,
    latency: number,
    tip: number,
    netLamports: bigint,
    landed: boolean,
  ): void => {
    const cell = cells[latency]![tip]!;
    cell.netLamports += netLamports;
    if (landed) cell.landed += 1;
    else cell.reverted += 1;
    if (!isVerdictCase(counts, latency, tip)) return;
    for (const group of attempt.groups) group.netLamports += netLamports;
    if (netLamports > 0n) counts.largest.add(netLamports);
  };

  const miss = ({ tips }: Attempt, latency: number): void => {
    for (let tip = 0; tip < tips.length; tip++)
      if (tips[tip] !== undefined) cells[latency]![tip]!.unknown += 1;
  };

  const finish = (attempt: Attempt, latency: number): void => {
    const { opportunity, tips } = attempt;
    const { totalLamports, failureLamports } = opportunity.costs;
    const executed = executeLegs(opportunity, 0n, market);
    if (!executed.ok && executed.reason === 'state-unknown') {
      miss(attempt, latency);
      return;
    }
    const gross = executed.ok ? executed.amountOut - executed.amountIn : -1n;
    // What the transaction guards was fixed at the price of the decision; what it brings is valued at that of now.
    const guarded = (gross * grossLamportsThen(opportunity)) / opportunity.grossProfit;
    const brings = executed.ok ? grossLamportsNow(opportunity, gross, market) : 0n;
    for (let tip = 0; tip < tips.length; tip++) {
      const bid = tips[tip];
      if (bid === undefined) continue;
      const lands = executed.ok && guarded >= totalLamports + bid;
      book(attempt, latency, tip, lands ? brings - totalLamports - bid : -failureLamports, lands);
    }
  };

  return {
    decide(opportunity, slot, groups, taken) {
      let now = taken;
      const tips = TIP_ASSUMPTIONS.map((assumption, i) => {
        const bid = tipLamports(assumption, grossLamportsThen(opportunity));
        if ((taken & (1 << i)) !== 0 || opportunity.netLamports <= bid) return undefined;
        now |= 1 << i;
        return bid;
      });
      if (now !== taken) pending.push({ opportunity, slot, groups, tips, done: 0 });
      return now;
    },
    land(slot) {
      if (pending.length === 0) return;
      for (const attempt of pending) {
        while (attempt.done < latencySlots.length && attempt.slot + latencySlots[attempt.done]! < slot)
          finish(attempt, attempt.done++);
      }
      pending = pending.filter(({ done }) => done < latencySlots.length);
    },
    end() {
      for (const attempt of pending) while (attempt.done < latencySlots.length) miss(attempt, attempt.done++);
      pending = [];
    },
  };
}
