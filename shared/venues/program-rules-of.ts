import type { Address } from '../core/address.ts';
import { provenRules } from './program-rules.ts';
import { VENUES } from './registry.ts';

/** A program's address and the sha256 of its binary, hex. */
export interface ProgramHash {
  readonly programId: Address;
  readonly sha256: string;
}

/**
 * By venue: the rule sets that these binaries were proven to follow.
 *
 * @example
 * ```ts
 * import { readMarketSnapshot } from 'solana-dex-arbitrage/market';
 * import { rulesOfPrograms } from 'solana-dex-arbitrage/quote';
 *
 * const { programs } = readMarketSnapshot('market.json');
 * rulesOfPrograms(programs).get('orca-whirlpool'); // → undefined
 * ```
 */
export function rulesOfPrograms(programs: readonly ProgramHash[] | undefined): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const { programId, sha256 } of programs ?? []) {
    for (const venue of VENUES) {
      const rules = venue.programId === programId ? provenRules(venue.programRules, sha256) : undefined;
      if (rules !== undefined) known.set(venue.id, rules);
    }
  }
  return known;
}
