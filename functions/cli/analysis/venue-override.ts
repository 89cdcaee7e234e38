import type { Clock } from '../../../shared/core/clock.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createSqliteStore } from '../../../shared/platform/store/sqlite-store.ts';
import { VENUES } from '../../../shared/venues/registry.ts';
import { venueControl } from '../../streamer/inputs/program-guard.ts';

export interface OverrideParams {
  readonly dir: string;
  readonly venue: string;
  readonly reason: string | undefined;
  readonly by: string;
  readonly clock: Clock;
}

const HASH = /^([0-9a-f]{64}) (.*)$/;

/**
 * Lets a quarantined venue trade on the binary that is deployed now, recorded with who and why; a running service
 * takes it up within seconds, and another redeployment ends it. Throws `usage-override-…`.
 */
export async function overrideQuarantine({ dir, venue, reason, by, clock }: OverrideParams): Promise<string> {
  if (!VENUES.some(({ id }) => id === venue)) {
    throw new ArbError('usage-override-venue', `--override ${venue}: no such venue`, { venue });
  }
  if (reason === undefined || reason.trim() === '') {
    throw new ArbError(
      'usage-override-reason',
      '--override needs --reason "why this binary may trade unproven"',
    );
  }
  const store = createSqliteStore({ dir });
  try {
    const name = venueControl(venue);
    const control = (await store.controls()).find((row) => row.name === name);
    const [, hash, why] = HASH.exec(control?.reason ?? '') ?? [];
    if (control?.value !== 'paused' || hash === undefined) {
      throw new ArbError(
        'usage-override-nothing',
        `${venue} is not in quarantine in ${dir}: nothing to override`,
        {
          venue,
        },
      );
    }
    await store.setControl({ name, value: 'running', by, reason: `${hash} ${reason}`, atMs: clock.nowMs() });
    return `${venue} may trade on the program ${hash} (${why}): ${reason}`;
  } finally {
    await store.close();
  }
}
