import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { createLimiter, type Limiter } from '../limits/limiter.ts';

/** Few calls ever wait: one a pair compared, one for prices, one for fees. */
const MAX_QUEUED = 64;
const AGING_MS = 1_000;

/** A limiter for the outside APIs, apart from the RPC's: neither waits for the other. */
export function createApiLimiter({ clock, random }: { clock: Clock; random: Random }): Limiter {
  return createLimiter({ clock, random, maxQueued: MAX_QUEUED, agingMs: AGING_MS });
}
