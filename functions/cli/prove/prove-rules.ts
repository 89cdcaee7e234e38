import type { AccountBytes } from '../../../shared/core/account.ts';
import type { Address } from '../../../shared/core/address.ts';
import type { ProgramBinary } from '../../../shared/platform/chain/program-binary.ts';
import { provenRules } from '../../../shared/venues/program-rules.ts';
import type { PoolState, Venue } from '../../../shared/venues/venue.ts';
import type { ProvablePool } from './prove-market.ts';
import { type PoolProof, totalOf } from './prove-tally.ts';

/** What proving the pools found, and by which rule sets. */
export interface RuledProofs {
  readonly proofs: readonly PoolProof[];
  /** By venue: the set that the binary follows: known before, or the only one whose every swap was equal. */
  readonly rules: ReadonlyMap<string, string>;
}

/**
 * Proves the pools of each venue by the rules of its binary. One that nobody knows is held against every rule set that
 * the venue's program has had: the proofs are those of the set with the most equal swaps, and it is named only when no
 * other set is equal throughout, since swaps that all sets agree on tell nothing.
 */
export function proveByRules(
  pools: readonly ProvablePool[],
  programs: ReadonlyMap<Address, ProgramBinary>,
  held: ReadonlyMap<Address, AccountBytes>,
  prove: (venue: Venue, state: PoolState) => PoolProof,
): RuledProofs {
  const rules = new Map<string, string>();
  const proofs: PoolProof[] = [];
  for (const venue of new Set(pools.map((pool) => pool.venue))) {
    const own = pools.filter((pool) => pool.venue === venue);
    const known = rulesOf(venue, programs.get(venue.programId));
    const sets = known === undefined ? (venue.programRules?.sets ?? [undefined]) : [known];
    const tried = sets.map((set) => ({
      set,
      proofs: own.map(({ state }) => prove(venue, stateBy(venue, state, held, set))),
    }));
    const whole = tried.filter((one) => equalOf(one.proofs) === checkedOf(one.proofs) && isPaid(one.proofs));
    const best = tried.reduce((one, other) => (equalOf(other.proofs) > equalOf(one.proofs) ? other : one));
    proofs.push(...best.proofs);
    const found = known ?? (whole.length === 1 ? whole[0]!.set : undefined);
    if (found !== undefined) rules.set(venue.id, found);
  }
  return { proofs, rules };
}

function rulesOf({ programRules }: Venue, binary: ProgramBinary | undefined): string | undefined {
  return provenRules(programRules, binary?.programDataHash) ?? provenRules(programRules, binary?.sha256);
}

/** The pool as a set reads it; as it is where that set reads no pool in it. */
function stateBy(
  venue: Venue,
  state: PoolState,
  held: ReadonlyMap<Address, AccountBytes>,
  set: string | undefined,
): PoolState {
  if (set === undefined) return state;
  const loaded = venue.load(state.address, (address) => held.get(address) ?? null, set);
  return loaded.ok ? loaded.state : state;
}

function equalOf(proofs: readonly PoolProof[]): number {
  return proofs.reduce((sum, proof) => sum + totalOf(proof).equal, 0);
}

function checkedOf(proofs: readonly PoolProof[]): number {
  return proofs.reduce((sum, proof) => sum + totalOf(proof).checked, 0);
}

function isPaid(proofs: readonly PoolProof[]): boolean {
  return proofs.some(({ paid }) => paid > 0);
}
