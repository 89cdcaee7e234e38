import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { errorText } from '../../core/errors.ts';
import { createProgramRpc, programDataAddress } from './program-binary.ts';
import type { ProgramState, ProgramWatch, ProgramWatchOptions, WatchedProgram } from './program-contract.ts';
import { PROGRAM_BYTES, PROGRAM_DATA_HEADER_BYTES, readHeads, type WantedHead } from './program-heads.ts';
import { CLOSED, changeText, deployedIn, type ProgramReading, sinceSlot } from './program-reading.ts';
import { createProgramVersions, type ProgramVersion } from './program-versions.ts';
import { proofHolds } from './proofs.ts';

export type {
  KnownProgram,
  ProgramState,
  ProgramWatch,
  ProgramWatchOptions,
  WatchedProgram,
} from './program-contract.ts';

interface Watched {
  readonly version: ProgramVersion;
  state: ProgramState;
  dataAddress: Address | undefined;
  /** The first that was believed: what is deployed later is another program. */
  baseline: ProgramReading | undefined;
  /** What contradicts the state and has been heard once. */
  doubt: ProgramReading | undefined;
  /** Rounds in which only one endpoint said so and no other said anything. */
  alone: number;
  /** Where the quarantine came from: the deployment before it. */
  before: ProgramReading | undefined;
  error: string;
}

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
  const versions = createProgramVersions(createProgramRpc(rpc), proofs, onProgram);
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
      version: {
        venue: program.venue,
        programId: program.programId,
        rules: program.rules,
        told: undefined,
        hashed: undefined,
      },
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

  const heads = (
    wanted: readonly WantedHead<Watched>[],
    length: number,
    each: (one: Watched, account: AccountBytes | null, atSlot: number) => Promise<void> | void,
    only?: string,
  ): Promise<void> =>
    readHeads(
      rpc,
      wanted,
      length,
      {
        each,
        failed,
        read(one) {
          one.error = '';
        },
      },
      only,
    );

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
  function agrees({ doubt }: Watched, { deployed, atSlot }: ProgramReading): boolean {
    return doubt !== undefined && doubt.deployed === deployed && atSlot > doubt.atSlot;
  }

  /** Each endpoint is asked by itself about what one of them has said. */
  async function askAll(doubted: readonly Watched[]): Promise<void> {
    const said = new Map<Watched, (ProgramReading & { readonly by: string })[]>();
    const wanted = doubted.flatMap((one) =>
      one.dataAddress === undefined ? [] : [{ one, address: one.dataAddress }],
    );
    for (const by of voices) {
      await heads(
        wanted,
        PROGRAM_DATA_HEADER_BYTES,
        (one, account, atSlot) =>
          void said.set(one, [
            ...(said.get(one) ?? []),
            { deployed: deployedIn(account, rpc.host), atSlot, by },
          ]),
        by,
      );
    }
    for (const one of doubted) await weigh(one, said.get(one) ?? []);
  }

  async function weigh(
    one: Watched,
    said: readonly (ProgramReading & { readonly by: string })[],
  ): Promise<void> {
    const { doubt, baseline } = one;
    if (doubt === undefined || baseline === undefined) return;
    const agreeing = said.filter(({ deployed }) => deployed === doubt.deployed);
    // Who has not got as far still tells of what was.
    const denying = said.filter(
      ({ deployed, atSlot }) => deployed === baseline.deployed && atSlot >= sinceSlot(doubt),
    );
    const [first, second] = agreeing;
    if (first === undefined) {
      const [denial] = denying;
      // Redeployed once more meanwhile: that is what the voices are now asked about.
      const other = said.find(({ deployed }) => deployed !== baseline.deployed);
      if (denial !== undefined) await take(one, denial);
      else if (other !== undefined) {
        await contradicted(one, baseline, other, '');
        if (one.doubt === other) await weigh(one, said);
      }
      return;
    }
    one.alone = second === undefined && denying.length === 0 ? one.alone + 1 : 0;
    if (second !== undefined) await contradicted(one, baseline, second, `${first.by} and ${second.by}`);
    else if (one.alone >= ALONE_ROUNDS && first.atSlot > doubt.atSlot) {
      await contradicted(one, baseline, first, `${first.by} alone, read ${one.alone} times`);
    }
  }

  async function take(one: Watched, reading: ProgramReading): Promise<void> {
    const { baseline } = one;
    if (baseline === undefined) {
      one.baseline = reading;
      await judge(one, reading);
      return;
    }
    if (reading.deployed === baseline.deployed) {
      // A node that is behind still tells of what was.
      if (one.doubt !== undefined && reading.atSlot < sinceSlot(one.doubt)) return;
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
    baseline: ProgramReading,
    reading: ProgramReading,
    saidBy: string,
  ): Promise<void> {
    const { deployed } = reading;
    // A node that is behind tells of what was.
    if (reading.atSlot < sinceSlot(baseline)) return;
    const believed = saidBy !== '';
    // Deployed before the first answer was given: then that one was wrong, and nothing was redeployed.
    const older = deployed === undefined || deployed <= baseline.atSlot;
    const returned = one.before !== undefined && one.before.deployed === deployed;
    if (!believed) {
      if (one.doubt?.deployed !== deployed) one.doubt = reading;
      // From here on our quotes may be of another program.
      if (!older) versions.forget(one.version);
      if (!older && one.state.quarantine === '') {
        settle(one, { ...one.state, quarantine: changeText(deployed), confirmed: false });
      }
      return;
    }
    one.doubt = undefined;
    one.alone = 0;
    one.before = older ? undefined : baseline;
    one.baseline = reading;
    if (!older) {
      settle(one, {
        deployedSlot: deployed === CLOSED ? undefined : deployed,
        programDataHash: undefined,
        quarantine: changeText(deployed),
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
  async function judge(one: Watched, { deployed }: ProgramReading): Promise<void> {
    const { state } = one;
    if (state.quarantine === UNREAD) settle(one, { ...state, quarantine: '', confirmed: true });
    if (deployed === undefined || deployed === CLOSED) return;
    await versions.look(one.version, deployed);
    const first = one.state.deployedSlot === undefined;
    const proof = proofs.of(state.venue);
    if (one.state.quarantine === '' && !(first && proof !== undefined)) {
      one.state = { ...one.state, deployedSlot: deployed };
      return;
    }
    const hash = one.state.programDataHash ?? (await versions.hashOf(state.programId));
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
        // What was never there is no program that was closed.
        if (account !== null || one.baseline !== undefined) {
          await take(one, { deployed: deployedIn(account, rpc.host), atSlot });
        }
      });
      const doubted = watched.filter((one) => !isAsked(one));
      if (doubted.length > 0) await askAll(doubted);
    },
  };
}
