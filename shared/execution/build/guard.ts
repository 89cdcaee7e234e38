import type { Address } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import type { OrderTerms } from '../../risk/approve.ts';
import type { Leg } from '../../routing/opportunity.ts';
import { offeredIn } from '../../routing/opportunity.ts';

/** Why an order cannot be guarded as it was approved. */
export type GuardRefusal =
  /** The legs of a hop pay less together than what they must: what is predicted would revert. */
  | 'guard-beyond-output'
  /** What the wallet holds of a mint is not known, or orders under way may yet pay into it without a bound. */
  | 'assertion-unsized';

/** What an assertion must know of the account that a hop pays into, base units. */
export interface HeldAmount {
  /** As of the newest state known. */
  readonly amount: bigint;
  /**
   * The most by which orders under way, and whatever else is expected, may have raised it when the transaction runs;
   * undefined where nobody can say.
   */
  readonly mayBeCredited: bigint | undefined;
}

/** After a leg, what the account of a mint must hold at least. */
export interface Assertion {
  /** Stands after this leg, from 0. */
  readonly afterLeg: number;
  readonly mint: Address;
  readonly atLeast: bigint;
}

/** How a transaction reverts unless it pays as it was approved. */
export interface Guard {
  /** By leg: the least it may pay, base units of its mint out. */
  readonly least: readonly bigint[];
  readonly assertions: readonly Assertion[];
}

/** Any payment: where only the sum of several counts. */
const ANY = 1n;

/**
 * The least that each leg must pay. Every leg's input is fixed, so the legs of a hop must pay together what those of the
 * next are offered, and the last ones what the first were offered and the approved costs: never less than the order says,
 * also where a pool takes less than it is offered. Several legs of one hop share what they may fall short of by what each
 * pays.
 *
 * With `held`, where several legs pay into one mint, or the first hop takes less than it is offered, no leg is held to its
 * share: what the wallet holds afterwards is asserted instead. The assertion is of an amount, not of a change, so all that
 * may be credited in the meantime is added to it: an outside credit cannot loosen it.
 */
export function guardOf(
  { opportunity, minAmountOut }: OrderTerms,
  held?: (mint: Address) => HeldAmount | undefined,
): Outcome<Guard, GuardRefusal> {
  const { legs } = opportunity;
  const costUnits = minAmountOut - opportunity.amountIn;
  const least: bigint[] = [];
  const assertions: Assertion[] = [];
  for (let from = 0; from < legs.length; ) {
    const hop = legs[from]!.hop;
    let to = from;
    let paid = 0n;
    while (to < legs.length && legs[to]!.hop === hop) paid += legs[to++]!.amountOut;
    const isLast = to === legs.length;
    const required = isLast ? offeredIn(opportunity) + costUnits : offeredTo(legs, to);
    const isSum = to - from > 1 || required > paid;
    if (isSum && held !== undefined) {
      const { mintOut } = legs[from]!;
      const known = held(mintOut);
      if (known?.mayBeCredited === undefined) {
        return refusal('assertion-unsized', `what the wallet may hold of ${mintOut} is not bounded`);
      }
      // The input of the last hop's mint has left the account by then, so that what is over must be the costs.
      const more = isLast ? costUnits : required;
      const atLeast = known.amount + known.mayBeCredited + more;
      if (atLeast > U64_MAX) return refusal('assertion-unsized', `${atLeast} is no unsigned 64-bit amount`);
      for (let i = from; i < to; i++) least.push(ANY);
      assertions.push({ afterLeg: to - 1, mint: mintOut, atLeast });
    } else if (required > paid) {
      const detail = `hop ${hop + 1} pays ${paid}, and must pay ${required}`;
      return refusal('guard-beyond-output', detail);
    } else {
      const slack = paid - required;
      for (let i = from; i < to; i++) {
        const { amountOut } = legs[i]!;
        least.push(amountOut - (slack * amountOut) / paid);
      }
    }
    from = to;
  }
  return success({ least, assertions });
}

/** What the hop that begins at leg `from` is offered together. */
function offeredTo(legs: readonly Leg[], from: number): bigint {
  const { hop } = legs[from]!;
  let offered = 0n;
  for (let i = from; i < legs.length && legs[i]!.hop === hop; i++) offered += legs[i]!.amountIn;
  return offered;
}
