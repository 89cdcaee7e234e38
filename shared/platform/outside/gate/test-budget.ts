import { createRandom } from '../../../core/random.ts';
import { type ApiBudget, createApiBudget } from '../../limits/api-budget.ts';
import { DEFAULT_PER_HOUR, DEFAULT_PRICES } from '../../limits/default-limits.ts';
import { createSystemClock } from '../../process/system-clock.ts';

/** For tests: the default limits and prices. */
export function createTestBudget(): ApiBudget {
  return createApiBudget({
    limits: {
      ...DEFAULT_PRICES,
      perHour: DEFAULT_PER_HOUR,
      methodsPerSecond: {},
      methodWeights: {},
      burstMs: 50,
      windowMs: 1_000,
      maxQueued: 64,
      agingMs: 500,
    },
    clock: createSystemClock(),
    random: createRandom('test'),
  });
}
