import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { errorText } from '../core/errors.ts';
import { type ProgramRules, provenRules } from '../venues/program-rules.ts';
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

/** One answer about a program. */
interface Reading {
  /** The slot that its program was deployed in; undefined for one that cannot be redeployed, or is not there. */
  readonly deployed: number | undefined;
  /** Of the chain, when it was read. */
  readonly atSlot: number;
}

interface Watched {
  readonly rules: ProgramRules | undefined;
  state: ProgramState;
  told: KnownProgram | undefined;
  /** The binary that was read, and the slot that it was deployed in. */
  hashed: { readonly deployed: number; readonly hash: string } | undefined;
  dataAddress: Address | undefined;
  /** The first that was believed: what is deployed later is another program. */
  baseline: Reading | undefined;
  /** What contradicts the state and has been heard once. */
  doubt: Reading | undefined;
  /** Rounds in which only one endpoint said so and no other said anything. */
  alone: number;
  /** Where the quarantine came from: the deployment before it. */
  before: Reading | undefined;
  error: string;
}

const READ = { priority: 'confirmation', deadlineMs: 5_000 } as const;
/** Looks after which one endpoint is believed by itself, where no other answers. */
const ALONE_ROUNDS = 3;
const UNREAD = 'its program has not been seen yet';

/**
 * A venue is quarantined as soon as its program is seen redeployed, or when its last proof is of another binary than
 * the deployed one. One answer is enough to stop and not enough to be believed: a redeployment counts, and is written
 * down, when a second voice says the same, and is taken back when later answers say that it never was. Of several
 * endpoints two must say so, each asked by itself; while they differ the venue stays stopped. Of one endpoint, or where no
 * other answers, a second answer of a later slot is the second voice, and `saidBy` tells that it was.
 * The venue is let go when a proof of the deployed binary holds, or an operator overrides it for that binary. A
 * program that was never proven and has not changed since the start may trade. A program that cannot be read keeps
 * nobody from looking at the others.
 */
export function createProgramWatch(options: ProgramWatchOptions): ProgramWatch {
  const { rpc, proofs, quarantined, isOverridden, onQuarantine, onProgram, onError } = options;
  const binaries = createProgramRpc(rpc);
  const voices = rpc.endpoints ?? [];
  const watched: Watched[] = options.programs.map((program) => {
    const quarantine = quarantined?.get(program.venue) ?? '';
    return {
      state: {
        ...program,
        deployedSlot: undefined,
        programDataHash: undefined,
        quarantine,
        confirmed: quarantine !== '',
      },
      rules: program.rules,
      told: undefined,
      hashed: undefined,
      dataAddress: undefined,
      baseline: undefined,
      doubt: undefined,
      alone: 0,
      before: undefined,
      error: '',
    };
  });

  function failed(one: Watched, error: unknown): void {
    const text = errorText(error);
    if (one.error !== text) onError(text, one.state.venue);
    one.error = text;
  }

  /** The heads of accounts, all in one call; when that fails, each by itself. */
  async function heads(
    wanted: readonly { readonly one: Watched; readonly address: Address }[],
    length: number,
    each: (one: Watched, account: AccountBytes | null, atSlot: number) => Promise<void> | void,
    only?: string,
  ): Promise<void> {
    const read = async (some: typeof wanted): Promise<void> => {
      const addresses = some.map(({ address }) => address);
      const { slot, accounts } = await rpc.getMultipleAccounts(addresses, {
        ...READ,
        ...(only === undefined ? {} : { only }),
        dataSlice: { offset: 0, length },
      });
      for (const [i, { one }] of some.entries()) {
        try {
          await each(one, accounts[i] ?? null, slot);
          one.error = '';
        } catch (error) {
          failed(one, error);
        }
      }
    };
    if (wanted.length === 0) return;
    try {
      await read(wanted);
    } catch {
      await Promise.all(wanted.map((single) => read([single]).catch((error) => failed(single.one, error))));
    }
  }

  /** Finds the account that holds each program's binary; a program without one is not upgradeable. */
  async function locate(): Promise<void> {
    const unknown = watched.filter(({ dataAddress }) => dataAddress === undefined);
    await heads(
      unknown.map((one) => ({ one, address: one.state.programId })),
      PROGRAM_BYTES,
      async (one, account, atSlot) => {
        one.dataAddress = account === null ? undefined : programDataAddress(account);
        if (one.dataAddress === undefined) await take(one, { deployed: undefined, atSlot });
      },
    );
  }

  /** Where only one endpoint is asked, a second voice for `doubt` says the same of a later slot. */
  function agrees({ doubt }: Watched, { deployed, atSlot }: Reading): boolean {
    return doubt !== undefined && doubt.deployed === deployed && atSlot > doubt.atSlot;
  }

  /** Each endpoint is asked by itself about what one of them has said. */
  async function askAll(doubted: readonly Watched[]): Promise<void> {
    const said = new Map<Watched, (Reading & { readonly by: string })[]>();
    const wanted = doubted.flatMap((one) =>
      one.dataAddress === undefined ? [] : [{ one, address: one.dataAddress }],
    );
    for (const by of voices) {
      await heads(
        wanted,
        PROGRAM_DATA_HEADER_BYTES,
        (one, account, atSlot) => {
          const deployed = account === null ? undefined : deployedSlot(account.data);
          if (deployed !== undefined) said.set(one, [...(said.get(one) ?? []), { deployed, atSlot, by }]);
        },
        by,
      );
    }
    for (const one of doubted) await weigh(one, said.get(one) ?? []);
  }

  async function weigh(one: Watched, said: readonly (Reading & { readonly by: string })[]): Promise<void> {
    const { doubt, baseline } = one;
    if (doubt === undefined || baseline === undefined) return;
    const agreeing = said.filter(({ deployed }) => deployed === doubt.deployed);
    // Who has not got as far still tells of what was.
    const denying = said.filter(
      ({ deployed, atSlot }) => deployed === baseline.deployed && atSlot >= (doubt.deployed ?? 0),
    );
    const [first, second] = agreeing;
    if (first === undefined) {
      const [denial] = denying;
      if (denial !== undefined) await take(one, denial);
      return;
    }
    one.alone = second === undefined && denying.length === 0 ? one.alone + 1 : 0;
    if (second !== undefined) await contradicted(one, baseline, second, `${first.by} and ${second.by}`);
    else if (one.alone >= ALONE_ROUNDS && first.atSlot > doubt.atSlot) {
      await contradicted(one, baseline, first, `${first.by} alone, read ${one.alone} times`);
    }
  }

  async function take(one: Watched, reading: Reading): Promise<void> {
    const { baseline } = one;
    if (baseline === undefined) {
      one.baseline = reading;
      await judge(one, reading);
      return;
    }
    if (reading.deployed === baseline.deployed) {
      // A node that is behind still tells of what was.
      if (one.doubt?.deployed !== undefined && reading.atSlot < one.doubt.deployed) return;
      const provisional = one.state.quarantine !== '' && !one.state.confirmed;
      one.doubt = undefined;
      one.alone = 0;
      if (provisional) settle(one, { ...one.state, quarantine: '' });
      await judge(one, reading);
      return;
    }
    const isSecond = voices.length < 2 && agrees(one, reading);
    await contradicted(one, baseline, reading, isSecond ? 'one endpoint, read twice' : '');
  }

  /** `saidBy`: the voices that believe it; '' while there is one. */
  async function contradicted(
    one: Watched,
    baseline: Reading,
    reading: Reading,
    saidBy: string,
  ): Promise<void> {
    const { deployed } = reading;
    // A node that is behind tells of what was.
    if (baseline.deployed !== undefined && reading.atSlot < baseline.deployed) return;
    const believed = saidBy !== '';
    // Deployed before the first answer was given: then that one was wrong, and nothing was redeployed.
    const older = deployed === undefined || deployed <= baseline.atSlot;
    const returned = one.before !== undefined && one.before.deployed === deployed;
    if (!believed) {
      if (one.doubt?.deployed !== deployed) one.doubt = reading;
      // From here on our quotes may be of another program.
      if (!older) tell(one, '', '');
      if (!older && one.state.quarantine === '') {
        settle(one, { ...one.state, quarantine: `program redeployed in slot ${deployed}`, confirmed: false });
      }
      return;
    }
    one.doubt = undefined;
    one.alone = 0;
    one.before = older ? undefined : baseline;
    one.baseline = reading;
    if (!older) {
      const quarantine = `program redeployed in slot ${deployed}`;
      settle(one, {
        deployedSlot: deployed,
        programDataHash: undefined,
        quarantine,
        confirmed: true,
        saidBy,
      });
    } else if (returned || deployed === undefined) {
      settle(one, { deployedSlot: deployed, programDataHash: undefined, quarantine: '', confirmed: true });
    } else if (!one.state.confirmed) {
      settle(one, { ...one.state, quarantine: '' });
    }
    await judge(one, reading);
  }

  /** Whether the venue may trade on the binary that is there. */
  async function judge(one: Watched, { deployed }: Reading): Promise<void> {
    const { state } = one;
    if (state.quarantine === UNREAD) settle(one, { ...state, quarantine: '', confirmed: true });
    if (deployed === undefined) return;
    await lookForRules(one, deployed);
    const first = one.state.deployedSlot === undefined;
    const proof = proofs.of(state.venue);
    if (one.state.quarantine === '' && !(first && proof !== undefined)) {
      one.state = { ...one.state, deployedSlot: deployed };
      return;
    }
    const hash = one.state.programDataHash ?? (await hashOf(state.programId));
    if (hash === undefined) return;
    const proven = proof !== undefined && proof.programDataHash === hash && proofHolds(proof);
    const allowed = proven || (await isOverridden(state.venue, hash));
    const why =
      one.state.quarantine === '' ? 'the deployed program is not the proven one' : one.state.quarantine;
    settle(one, {
      ...one.state,
      deployedSlot: deployed,
      programDataHash: hash,
      quarantine: allowed ? '' : why,
      confirmed: true,
    });
  }

  /** Which rules its binary follows: known of the binary, or found by the proof of this very one. */
  async function lookForRules(one: Watched, deployed: number): Promise<void> {
    const { rules } = one;
    if (rules === undefined) return;
    if (one.hashed?.deployed !== deployed) {
      tell(one, '', '');
      const hash = await hashOf(one.state.programId);
      if (hash === undefined) return;
      one.hashed = { deployed, hash };
    }
    const { hash } = one.hashed;
    const proof = proofs.of(one.state.venue);
    const found = proof?.programDataHash === hash && proofHolds(proof) ? proof.rules : undefined;
    tell(one, hash, provenRules(rules, hash) ?? found ?? '');
  }

  function tell(one: Watched, programHash: string, rules: string): void {
    const { venue } = one.state;
    if (one.rules === undefined) return;
    // What was never told is unknown as it is.
    if ((one.told?.programHash ?? '') === programHash && (one.told?.rules ?? '') === rules) return;
    one.told = { venue, programHash, rules };
    onProgram?.(one.told);
  }

  async function hashOf(programId: Address): Promise<string | undefined> {
    return (await binaries.find([programId]))[0]?.programDataHash;
  }

  function settle(one: Watched, next: Omit<ProgramState, keyof WatchedProgram>): void {
    const before = one.state;
    const { venue, programId } = before;
    one.state = { ...next, venue, programId };
    const news =
      before.quarantine !== next.quarantine ||
      before.programDataHash !== next.programDataHash ||
      before.confirmed !== next.confirmed;
    if (news && (before.quarantine !== '' || next.quarantine !== '')) onQuarantine(one.state);
  }

  return {
    states: () => watched.map(({ state }) => state),
    holdUnread() {
      for (const one of watched) {
        if (one.baseline !== undefined || one.state.quarantine !== '') continue;
        settle(one, { ...one.state, quarantine: UNREAD, confirmed: false });
      }
    },
    async check() {
      await locate();
      // What is in doubt is asked of each endpoint by itself.
      const isAsked = ({ doubt }: Watched): boolean => doubt === undefined || voices.length < 2;
      const held = watched.flatMap((one) =>
        one.dataAddress === undefined || !isAsked(one) ? [] : [{ one, address: one.dataAddress }],
      );
      await heads(held, PROGRAM_DATA_HEADER_BYTES, async (one, account, atSlot) => {
        const deployed = account === null ? undefined : deployedSlot(account.data);
        if (deployed !== undefined) await take(one, { deployed, atSlot });
      });
      const doubted = watched.filter((one) => !isAsked(one));
      if (doubted.length > 0) await askAll(doubted);
    },
  };
}

function deployedSlot(header: Uint8Array): number | undefined {
  if (header.length < PROGRAM_DATA_HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return Number(view.getBigUint64(DEPLOYED_SLOT_AT, true));
}
