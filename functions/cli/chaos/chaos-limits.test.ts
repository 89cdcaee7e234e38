import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../shared/platform/config/load.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { limitsChaosLines, runLimitsChaos } from './chaos-limits.ts';

const clock = createSystemClock();

describe('arb chaos limits', () => {
  it('lets execution through a limit that the demand exceeds, and the lower levels give way', async () => {
    const { config } = loadConfig({ env: { ARB_LIMITS_MAX_QUEUED: '40' }, flags: {}, cwd: '/nowhere' });
    const report = await runLimitsChaos({
      config,
      clock,
      demandPerSecond: 400,
      limitPerSecond: 80,
      seconds: 1.5,
      seed: 3,
      signal: new AbortController().signal,
    });
    const [execution, , , , reports] = report.priorities;
    expect(report.ok).toBe(true);
    expect(execution).toMatchObject({ shed: 0, failed: 0, expired: 0, throttled: 0, throttledCallers: 0 });
    expect(execution!.answered).toBe(execution!.asked);
    expect(reports!.shed).toBeGreaterThan(reports!.answered);
    expect(report.busiestSecond).toBeLessThanOrEqual(80);
    for (const { asked, answered, shed, expired, failed, throttledCallers } of report.priorities) {
      expect(answered + shed + expired + failed + throttledCallers).toBe(asked);
    }
    expect(limitsChaosLines(report).at(-1)).toBe('no 429 and no shedding for execution');
    expect(limitsChaosLines({ ...report, ok: false }).at(-1)).toMatch(/^FAILED/);
  });
});
