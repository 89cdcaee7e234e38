import { createHash } from 'node:crypto';
import type { AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { newestRules } from '../../venues/program-rules.ts';
import { VENUES } from '../../venues/registry.ts';
import type { Loaded, PoolState, Venue } from '../../venues/venue.ts';
import { localBinary } from './program-accounts.ts';

/** By venue: the local chain runs each program by the rules of its newest published source. */
export const LOCAL_RULES: ReadonlyMap<string, string> = new Map(
  VENUES.flatMap(({ id, programRules }) => {
    const rules = newestRules(programRules);
    return rules === undefined ? [] : [[id, rules] as const];
  }),
);

/** A pool as the local chain's program reads it. */
export function loadLocally<S extends PoolState>(
  venue: Venue<S>,
  pool: Address,
  source: AccountSource,
): Loaded<S> {
  return venue.load(pool, source, LOCAL_RULES.get(venue.id));
}

/** What stands for a venue's binary on the local chain: it names the rules that it is run by. */
export function localBuild({ id, programId }: Venue): string {
  const rules = LOCAL_RULES.get(id);
  return rules === undefined ? `${programId} 1` : `${programId} of the local chain, ${rules}`;
}

/** What a watch of the local chain's programs finds: each binary whose rules matter, by its hash. */
export const LOCAL_PROGRAMS = VENUES.flatMap((venue) => {
  const rules = LOCAL_RULES.get(venue.id);
  if (rules === undefined) return [];
  return [{ venue: venue.id, programHash: sha256Of(localBinary(localBuild(venue))), rules }];
});

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
