import type { SendOutcome, SendTerms } from '../../execution/sender.ts';

export type Version = SendTerms['version'];

/** Which message versions a relay was seen to read. */
export interface VersionBook {
  takes(version: Version): boolean;
  /** Undefined while nothing has shown it. */
  shown(version: Version): boolean | undefined;
  /** What came of a probe: a transaction of that version that can never land, such as one with a blockhash of zeros. */
  probed(version: Version, outcome: SendOutcome): void;
}

/** Read, and found wanting for what it says. */
const READ: readonly string[] = [
  'blockhash-refused',
  'simulation-failed',
  'signature-refused',
  'too-many-locks',
];
const NOT_READ = /deseriali[sz]|decod|too large|exceeds|size|version|bytes|packet/i;

/**
 * Starts with what every relay takes. An acceptance shows nothing: a relay may take bytes that it cuts off later, as one
 * did with everything beyond 1,232 of them.
 */
export function createVersionBook(assumed: readonly Version[]): VersionBook {
  const known = new Map<Version, boolean>();
  return {
    takes: (version) => known.get(version) ?? assumed.includes(version),
    shown: (version) => known.get(version),
    probed(version, outcome) {
      if (outcome.verdict !== 'never-accepted') return;
      if (READ.includes(outcome.reason)) known.set(version, true);
      else if (outcome.reason === 'request-refused' && NOT_READ.test(outcome.detail))
        known.set(version, false);
    },
  };
}
