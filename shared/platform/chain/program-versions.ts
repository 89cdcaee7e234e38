import type { Address } from '../../core/address.ts';
import { type ProgramRules, provenRules } from '../../venues/program-rules.ts';
import type { createProgramRpc } from './program-binary.ts';
import type { KnownProgram } from './program-contract.ts';
import { type Proofs, proofHolds } from './proofs.ts';

/** What is known of a program's version, and was told of it. */
export interface ProgramVersion {
  readonly venue: string;
  readonly programId: Address;
  /** Where its versions pay differently. */
  readonly rules: ProgramRules | undefined;
  told: KnownProgram | undefined;
  /** The binary that was read, and the slot that it was deployed in. */
  hashed: { readonly deployed: number; readonly hash: string } | undefined;
}

/** Finds out which rules a program's binary follows: known of the binary, or found by the proof of this very one. */
export interface ProgramVersions {
  look(version: ProgramVersion, deployed: number): Promise<void>;
  /** From here on its binary is not known. */
  forget(version: ProgramVersion): void;
  /** The hash of the binary that is there; undefined where none is. */
  hashOf(programId: Address): Promise<string | undefined>;
}

export function createProgramVersions(
  binaries: ReturnType<typeof createProgramRpc>,
  proofs: Pick<Proofs, 'of'>,
  onProgram: ((program: KnownProgram) => void) | undefined,
): ProgramVersions {
  async function hashOf(programId: Address): Promise<string | undefined> {
    return (await binaries.find([programId]))[0]?.programDataHash;
  }

  function tell(version: ProgramVersion, programHash: string, rules: string): void {
    const { venue, told } = version;
    if (version.rules === undefined) return;
    // What was never told is unknown as it is.
    if ((told?.programHash ?? '') === programHash && (told?.rules ?? '') === rules) return;
    version.told = { venue, programHash, rules };
    onProgram?.(version.told);
  }

  return {
    hashOf,
    forget: (version) => tell(version, '', ''),
    async look(version, deployed) {
      const { rules, venue, programId } = version;
      if (rules === undefined) return;
      if (version.hashed?.deployed !== deployed) {
        tell(version, '', '');
        const hash = await hashOf(programId);
        if (hash === undefined) return;
        version.hashed = { deployed, hash };
      }
      const { hash } = version.hashed;
      const proof = proofs.of(venue);
      const found = proof?.programDataHash === hash && proofHolds(proof) ? proof.rules : undefined;
      tell(version, hash, provenRules(rules, hash) ?? found ?? '');
    },
  };
}
