import type { Clock } from '../../shared/core/clock.ts';
import type { Logger } from '../../shared/platform/log.ts';
import { createProgramWatch, type ProgramState } from '../../shared/platform/program-watch.ts';
import type { Proofs } from '../../shared/platform/proofs.ts';
import type { RpcClient } from '../../shared/platform/rpc-client.ts';
import type { Store } from '../../shared/platform/store/store.ts';
import { VENUES } from '../../shared/venues/registry.ts';

export interface ProgramGuardParams {
  readonly pipeline: { process(event: VenueEvent): void };
  readonly rpc: RpcClient;
  readonly proofs: Pick<Proofs, 'of'>;
  readonly store: Pick<Store, 'controls' | 'setControl'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 2 s. */
  readonly checkMs?: number;
}

interface VenueEvent {
  readonly kind: 'venue';
  readonly atMicros: number;
  readonly venue: string;
  readonly quarantine: string;
}

/** Keeps venues whose program was redeployed from trading until they are proven again. */
export interface ProgramGuard {
  /** The first look is over when it resolves; later ones follow by themselves. */
  start(): Promise<void>;
  stop(): void;
}

/** An upgraded program runs from the slot after its deployment: a few slots pass before it is seen. */
const CHECK_MS = 2_000;
const WATCH = 'program watch';

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

  const watch = createProgramWatch({
    rpc,
    proofs,
    // All of them: a pool of any venue may join the universe later.
    programs: VENUES.map(({ id, programId }) => ({ venue: id, programId })),
    isOverridden,
    onQuarantine: (state) => {
      const { venue, quarantine, programDataHash = '' } = state;
      pipeline.process({ kind: 'venue', atMicros: clock.monotonicMicros(), venue, quarantine });
      if (quarantine === '') log.notice('venue.released', { venue, programDataHash });
      else log.error('venue.quarantined', { venue, programDataHash, reason: quarantine });
      void keep(state);
    },
    onError: (error) => log.warning('venue.programs-unread', { error }),
  });

  /** Written down so that `arb venues` shows it, and `--override` knows which binary it lets trade. */
  const keep = async ({ venue, quarantine, programDataHash = '' }: ProgramState): Promise<void> => {
    const released = quarantine === '';
    // An operator's word stays as it was given.
    if (released && (await isOverridden(venue, programDataHash))) return;
    try {
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
    await watch.check();
    if (!stopped) timer = setTimeout(() => void round(), checkMs);
  };

  return {
    start: round,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
