/**
 * How what a swap pays hangs on the version of its program. One program address has had several binaries; which rules
 * one of them follows is known from swaps that were proven on it, never from its age. Under an unknown binary a venue
 * quotes what all sets agree on and refuses the rest as `program-unproven`.
 */
export interface ProgramRules {
  /** The names of the rule sets, oldest first; the last is what the newest published source does. */
  readonly sets: readonly string[];
  /** By sha256 in hex, with and without the zeros that follow the program in its account: the set that it follows. */
  readonly proven: Readonly<Record<string, string>>;
}

/** The rule set that the binary was proven to follow; undefined where nobody knows. */
export function provenRules(rules: ProgramRules | undefined, sha256: string | undefined): string | undefined {
  if (rules === undefined || sha256 === undefined || !Object.hasOwn(rules.proven, sha256)) return undefined;
  return rules.proven[sha256];
}

/** What the newest published source does; undefined where a venue has one set only. */
export function newestRules(rules: ProgramRules | undefined): string | undefined {
  return rules?.sets.at(-1);
}
