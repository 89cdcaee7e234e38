import type { Address } from '../../core/address.ts';
import type { ProgramRules } from '../../venues/program-rules.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { Proofs } from './proofs.ts';

export interface WatchedProgram {
  readonly venue: string;
  readonly programId: Address;
  /** Where its versions pay differently. */
  readonly rules?: ProgramRules | undefined;
}

/** Which binary a venue's program is, by its hash, and the rule set that it is known to follow; '' where nobody knows. */
export interface KnownProgram {
  readonly venue: string;
  readonly programHash: string;
  readonly rules: string;
}

/** What is known of a venue's program on the chain that is traded on. */
export interface ProgramState extends WatchedProgram {
  /** The slot it was last deployed in; undefined when it is not upgradeable or not there (a local chain). */
  readonly deployedSlot: number | undefined;
  /** Of the binary that is deployed now, when it was looked at: hex. */
  readonly programDataHash: string | undefined;
  /** Why the venue may not trade; '' while it may. */
  readonly quarantine: string;
  /** False while the quarantine rests on one answer only, or on none: not to be written down. */
  readonly confirmed: boolean;
  /** Who said that it was redeployed: two endpoints, or one that was read twice; absent while nobody has. */
  readonly saidBy?: string | undefined;
}

export interface ProgramWatchOptions {
  readonly rpc: RpcClient;
  readonly programs: readonly WatchedProgram[];
  readonly proofs: Pick<Proofs, 'of'>;
  /** Venues that an earlier run had quarantined, and why. */
  readonly quarantined?: ReadonlyMap<string, string>;
  /** Whether an operator lets this very binary trade without a proof. */
  readonly isOverridden: (venue: string, programDataHash: string) => Promise<boolean>;
  /** Told of each change of a venue's quarantine, and of its end (''). */
  readonly onQuarantine: (state: ProgramState) => void;
  /** Told once and whenever it changes, of venues whose versions pay differently. */
  readonly onProgram?: (program: KnownProgram) => void;
  /** Told once of what cannot be read, until it is something else. */
  readonly onError: (message: string, venue: string) => void;
}

/** Watches the programs that the venues' exactness rests on. */
export interface ProgramWatch {
  /** Looks once at every program. Never rejects: what cannot be read is told to `onError` and tried again next time. */
  check(): Promise<void>;
  /** Keeps those venues from trading whose program nobody has seen yet; each is let go when it has been. */
  holdUnread(): void;
  states(): readonly ProgramState[];
}
