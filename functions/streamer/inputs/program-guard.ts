import type { Clock } from '../../../shared/core/clock.ts';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import {
  createProgramWatch,
  type ProgramState,
  type ProgramWatch,
} from '../../../shared/platform/chain/program-watch.ts';
import type { Proofs } from '../../../shared/platform/chain/proofs.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import type { RpcClient } from '../../../shared/platform/rpc/rpc-client.ts';
import type { Store } from '../../../shared/platform/store/store.ts';
import { VENUES } from '../../../shared/venues/registry.ts';

export interface ProgramGuardParams {
  readonly pipeline: { process(event: GuardEvent): void };
  readonly rpc: RpcClient;
  readonly proofs: Pick<Proofs, 'of'>;
  readonly store: Pick<Store, 'controls' | 'setControl'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 2 s. */
  readonly checkMs?: number;
  /** What an earlier run of the same market wrote down counts. Default true. */
  readonly restores?: boolean;
  /** How long a start waits for the first look; default 5 s. */
  readonly firstLookMs?: number;
}

type GuardEvent = Extract<MarketEvent, { kind: 'venue' | 'program' }>;

/** Keeps venues whose program was redeployed from trading until they are proven again. */
export interface ProgramGuard {
  /**
   * The first look is over when it resolves, or has taken too long: what was not seen until then does not trade until
   * it is. Later looks follow by themselves.
   */
  start(): Promise<void>;
  stop(): void;
}

/** An upgraded program runs from the slot after its deployment: a few slots pass before it is seen. */
const CHECK_MS = 2_000;
const WATCH = 'program watch';
const FIRST_LOOK_MS = 5_000;
const HASH = /^[0-9a-f]{64}\b/;

/** The store's control that holds a venue's quarantine, and an operator's override of it. */
export function venueControl(venue: string): string {
  return `venue:${venue}`;
}

export function createProgramGuard(params: ProgramGuardParams): ProgramGuard {
  const { pipeline, rpc, proofs, store, clock, log, checkMs = CHECK_MS } = params;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const isOverridden = async (venue: string, hash: string): Promise<boolean> => {
    const control = (await store.controls()).find(({ name }) => name === venueControl(venue));
    return control?.value === 'running' && control.by !== WATCH && control.reason.startsWith(hash);
  };

  let watch: ProgramWatch | undefined;

  async function createWatch(): Promise<ProgramWatch> {
    const quarantined = new Map<string, string>();
    for (const { name, value, reason } of params.restores === false ? [] : await store.controls()) {
      const venue = VENUES.find(({ id }) => venueControl(id) === name)?.id;
      if (venue === undefined || value !== 'paused') continue;
      quarantined.set(venue, reason.replace(HASH, '').trim() || 'quarantined by an earlier run');
    }
    for (const [venue, quarantine] of quarantined) {
      pipeline.process({ kind: 'venue', atMicros: clock.monotonicMicros(), venue, quarantine });
      log.error('venue.still-quarantined', { venue, reason: quarantine });
    }
    return createProgramWatch({
      rpc,
      proofs,
      // All of them: a pool of any venue may join the universe later.
      programs: VENUES.map(({ id, programId, programRules }) => ({
        venue: id,
        programId,
        rules: programRules,
      })),
      quarantined,
      isOverridden,
      onQuarantine: (state) => {
        const { venue, quarantine, programDataHash = '', confirmed, saidBy = '' } = state;
        pipeline.process({ kind: 'venue', atMicros: clock.monotonicMicros(), venue, quarantine });
        if (quarantine === '') log.notice('venue.released', { venue, programDataHash });
        else
          log.error('venue.quarantined', { venue, programDataHash, reason: quarantine, confirmed, saidBy });
        if (confirmed) void keep(state);
      },
      onProgram: (program) => {
        pipeline.process({ kind: 'program', atMicros: clock.monotonicMicros(), ...program });
        log.notice('venue.program', { ...program });
      },
      onError: (error, venue) => log.warning('venue.programs-unread', { venue, error }),
    });
  }

  /** Written down so that `arb venues` shows it, `--override` knows which binary it lets trade, and a restart keeps it. */
  const keep = async ({ venue, quarantine, programDataHash = '' }: ProgramState): Promise<void> => {
    const released = quarantine === '';
    try {
      // An operator's word stays as it was given, and what was never written down needs no end.
      const row = (await store.controls()).find(({ name }) => name === venueControl(venue));
      if (released && row?.value !== 'paused') return;
      await store.setControl({
        name: venueControl(venue),
        value: released ? 'running' : 'paused',
        by: WATCH,
        reason: `${programDataHash} ${released ? 'proven' : quarantine}`.trim(),
        atMs: clock.nowMs(),
      });
    } catch (error) {
      log.error('venue.not-stored', { venue, error: String(error) });
    }
  };

  const round = async (): Promise<void> => {
    await watch?.check();
    if (!stopped) timer = setTimeout(() => void round(), checkMs);
  };

  return {
    async start() {
      watch = await createWatch();
      const over = new AbortController();
      await Promise.race([round(), sleep(params.firstLookMs ?? FIRST_LOOK_MS, over.signal)]);
      over.abort();
      watch.holdUnread();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
