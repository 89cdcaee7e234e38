import type { Random } from '../../../core/random.ts';
import type { Commitment } from '../rpc-client.ts';
import type { Endpoint } from './endpoint.ts';
import type { SlotBook } from './slot-book.ts';

export interface Choice {
  readonly method: string;
  readonly commitment: Commitment;
  readonly minContextSlot: number | undefined;
  /** Already tried by this call. */
  readonly not: ReadonlySet<Endpoint>;
  /** The best one; otherwise the better ones more often. */
  readonly best: boolean;
}

/** A wait for the limit that is over before it matters. */
const READY_MICROS = 5_000;

/**
 * The endpoint to ask, undefined when every one was tried. Those that are up, have reached the slot and did not
 * refuse this method lately come first; where there is none, what is left is better than nothing. The share of each falls with the square of its cost, and
 * one that would have to wait for its limit is asked only when all would.
 */
export function chooseEndpoint(
  endpoints: readonly Endpoint[],
  slots: SlotBook,
  random: Random,
  choice: Choice,
): Endpoint | undefined {
  const { method, commitment, minContextSlot, not, best } = choice;
  const untried = endpoints.filter((endpoint) => !not.has(endpoint));
  const reached = untried.filter(
    ({ name }) => minContextSlot === undefined || !slots.behind(name, commitment, minContextSlot),
  );
  const able = reached.length > 0 ? reached : untried;
  const up = able.filter(({ health }) => health.up);
  const alive = up.length > 0 ? up : able;
  const willing = alive.filter((endpoint) => !endpoint.refuses(method));
  const answering = willing.length > 0 ? willing : alive;
  // Rather a slow one than waiting for a quick one's limit.
  const ready = answering.filter((endpoint) => endpoint.expectedWaitMicros(method) < READY_MICROS);
  const candidates = ready.length > 0 ? ready : answering;
  if (candidates.length <= 1) return candidates[0];
  const costs = candidates.map(
    (endpoint) => endpoint.health.cost() + endpoint.expectedWaitMicros(method) / 1_000,
  );
  if (best) return candidates[costs.indexOf(Math.min(...costs))];
  const weights = costs.map((cost) => 1 / (cost * cost));
  let point = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    point -= weight;
    if (point <= 0) return candidates[i];
  }
  return candidates.at(-1);
}
