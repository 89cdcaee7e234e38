import type { Address } from '../core/address.ts';
import { errorText } from '../core/errors.ts';
import { createProgramRpc, programDataAddress } from './program-binary.ts';
import { type Proofs, proofHolds } from './proofs.ts';
import type { RpcClient } from './rpc-client.ts';

/** The heads of a program's two accounts. Source: solana `loader-v3-interface/src/state.rs`. */
const PROGRAM_BYTES = 36;
const PROGRAM_DATA_HEADER_BYTES = 45;
const DEPLOYED_SLOT_AT = 4;

export interface WatchedProgram {
  readonly venue: string;
  readonly programId: Address;
}

/** What is known of a venue's program on the chain that is traded on. */
export interface ProgramState extends WatchedProgram {
  /** The slot it was last deployed in; undefined when it is not upgradeable or not there (a local chain). */
  readonly deployedSlot: number | undefined;
  /** Of the binary that is deployed now, when it was looked at: hex. */
  readonly programDataHash: string | undefined;
  /** Why the venue may not trade; '' while it may. */
  readonly quarantine: string;
}

export interface ProgramWatchOptions {
  readonly rpc: RpcClient;
  readonly programs: readonly WatchedProgram[];
  readonly proofs: Pick<Proofs, 'of'>;
  /** Whether an operator lets this very binary trade without a proof. */
  readonly isOverridden: (venue: string, programDataHash: string) => Promise<boolean>;
  /** Told of each change of a venue's quarantine, and of its end (''). */
  readonly onQuarantine: (state: ProgramState) => void;
  readonly onError: (message: string) => void;
}

/** Watches the programs that the venues' exactness rests on. */
export interface ProgramWatch {
  /** Looks once at every program. Never rejects: what cannot be read is told to `onError` and tried again next time. */
  check(): Promise<void>;
  states(): readonly ProgramState[];
}

interface Watched {
  state: ProgramState;
  dataAddress: Address | undefined;
}

/**
 * A venue is quarantined as soon as its program is seen redeployed, or when its last proof is of another binary than
 * the deployed one. It is let go when a proof of the deployed binary holds, or an operator overrides it for that
 * binary. A program that was never proven and has not changed since the start may trade.
 */
export function createProgramWatch(options: ProgramWatchOptions): ProgramWatch {
  const { rpc, proofs, isOverridden, onQuarantine, onError } = options;
  const binaries = createProgramRpc(rpc);
  const watched: Watched[] = options.programs.map((program) => ({
    state: { ...program, deployedSlot: undefined, programDataHash: undefined, quarantine: '' },
    dataAddress: undefined,
  }));

  /** Finds the account that holds each program's binary; a program without one is not upgradeable. */
  async function locate(): Promise<void> {
    const unknown = watched.filter(({ dataAddress }) => dataAddress === undefined);
    if (unknown.length === 0) return;
    const ids = unknown.map(({ state }) => state.programId);
    const { accounts } = await rpc.getMultipleAccounts(ids, {
      priority: 'confirmation',
      dataSlice: { offset: 0, length: PROGRAM_BYTES },
    });
    accounts.forEach((account, i) => {
      unknown[i]!.dataAddress = account === null ? undefined : programDataAddress(account);
    });
  }

  async function look(one: Watched, slot: number): Promise<void> {
    const { state } = one;
    const changed = state.deployedSlot !== undefined && state.deployedSlot !== slot;
    if (changed) {
      // Said before anything is fetched: from here on our quotes are of another program.
      settle(one, {
        deployedSlot: slot,
        programDataHash: undefined,
        quarantine: `program redeployed in slot ${slot}`,
      });
    }
    const proof = proofs.of(state.venue);
    if (!changed && state.quarantine === '' && (state.deployedSlot !== undefined || proof === undefined)) {
      one.state = { ...state, deployedSlot: slot };
      return;
    }
    const hash = one.state.programDataHash ?? (await hashOf(state.programId));
    if (hash === undefined) return;
    const proven = proof !== undefined && proof.programDataHash === hash && proofHolds(proof);
    const allowed = proven || (await isOverridden(state.venue, hash));
    const why =
      one.state.quarantine === '' ? 'the deployed program is not the proven one' : one.state.quarantine;
    settle(one, { deployedSlot: slot, programDataHash: hash, quarantine: allowed ? '' : why });
  }

  async function hashOf(programId: Address): Promise<string | undefined> {
    return (await binaries.find([programId]))[0]?.programDataHash;
  }

  function settle(one: Watched, next: Omit<ProgramState, keyof WatchedProgram>): void {
    const before = one.state;
    one.state = { ...before, ...next };
    const news = before.quarantine !== next.quarantine || before.programDataHash !== next.programDataHash;
    if (news && (before.quarantine !== '' || next.quarantine !== '')) onQuarantine(one.state);
  }

  return {
    states: () => watched.map(({ state }) => state),
    async check() {
      try {
        await locate();
        const held = watched.filter(({ dataAddress }) => dataAddress !== undefined);
        if (held.length === 0) return;
        const addresses = held.map(({ dataAddress }) => dataAddress!);
        const { accounts } = await rpc.getMultipleAccounts(addresses, {
          priority: 'confirmation',
          dataSlice: { offset: 0, length: PROGRAM_DATA_HEADER_BYTES },
        });
        for (const [i, account] of accounts.entries()) {
          const slot = account === null ? undefined : deployedSlot(account.data);
          if (slot !== undefined) await look(held[i]!, slot);
        }
      } catch (error) {
        onError(errorText(error));
      }
    },
  };
}

function deployedSlot(header: Uint8Array): number | undefined {
  if (header.length < PROGRAM_DATA_HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return Number(view.getBigUint64(DEPLOYED_SLOT_AT, true));
}
