import type { ApiUsage } from '../../../../shared/platform/limits/api-costs.ts';
import { PRIORITIES } from '../../../../shared/platform/limits/priority.ts';
import type { ApiAccess } from '../../../../shared/platform/outside/api-access.ts';
import type { ApisView, LimitWaitView, UsageView } from '../view/apis-view.ts';

/** The page's part about endpoints, limits and what calls cost, read when it is asked for. */
export function apisView({ rpc, limiter, costs }: ApiAccess): ApisView {
  const total = costs.total();
  const lastHour = costs.lastHour();
  const providers = [...new Set(total.map(({ provider }) => provider))];
  return {
    endpoints: rpc
      .status()
      .endpoints.map(({ name, provider, up, score, latencyMs, errorRate, slotLag, problem }) => ({
        name,
        provider,
        up,
        score: rounded(score),
        latencyMs: rounded(latencyMs),
        errorRate: rounded(errorRate * 1_000) / 1_000,
        slotLag,
        problem,
      })),
    waits: limiter.lanes.flatMap(waitViews),
    spending: providers.map((provider) => ({
      provider,
      total: sumOf(total, provider),
      lastHour: sumOf(lastHour, provider),
    })),
  };
}

function waitViews(lane: ApiAccess['limiter']['lanes'][number]): readonly LimitWaitView[] {
  const { name, granted, queued, shed, expired, waits } = lane.stats();
  return PRIORITIES.map((priority, level) => ({
    lane: name,
    priority,
    granted: granted[level]!,
    queued: queued[level]!,
    shed: shed[level]! + expired[level]!,
    waitP50Micros: waits[level]!.percentile(50),
    waitP99Micros: waits[level]!.percentile(99),
  })).filter((row) => row.granted + row.queued + row.shed > 0);
}

function sumOf(usages: readonly ApiUsage[], provider: string): UsageView {
  let requests = 0;
  let throttled = 0;
  let credits = 0;
  let costNanoUsd = 0n;
  for (const usage of usages) {
    if (usage.provider !== provider) continue;
    requests += usage.requests;
    throttled += usage.throttled;
    credits += usage.credits;
    costNanoUsd += usage.costNanoUsd;
  }
  return { requests, throttled, credits, costNanoUsd: String(costNanoUsd) };
}

/** To a tenth: what the page shows, so that noise below it sends nothing. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
