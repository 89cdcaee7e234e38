import { PRIORITIES } from '../../../shared/platform/limits/priority.ts';
import type { ApiAccess } from '../../../shared/platform/outside/api-access.ts';
import type { Metrics } from '../../../shared/platform/process/metrics.ts';
import type { EndpointStatus } from '../../../shared/platform/rpc/pool/rpc-pool.ts';
import { hasAnswered } from '../health/dependency-probes.ts';

const NANO_USD = 1e9;

/** What outside APIs are asked, how they answer, what waits for their limits, and what it costs. */
export function addApiMetrics(metrics: Metrics, { rpc, limiter, costs }: ApiAccess): void {
  const byMethod = ['provider', 'method'];
  metrics.tallies({
    name: 'arb_api_requests_total',
    help: 'Requests that reached an API, by provider and method.',
    labels: byMethod,
    read: () => costs.total().map(({ provider, method, requests }) => [[provider, method], requests]),
  });
  metrics.tallies({
    name: 'arb_api_throttled_total',
    help: 'Answers "too many requests", by provider and method.',
    labels: byMethod,
    read: () => costs.total().map(({ provider, method, throttled }) => [[provider, method], throttled]),
  });
  metrics.tallies({
    name: 'arb_api_credits_total',
    help: 'Credits charged by the price list, by provider and method.',
    labels: byMethod,
    read: () => costs.total().map(({ provider, method, credits }) => [[provider, method], credits]),
  });
  metrics.tallies({
    name: 'arb_api_cost_usd_total',
    help: 'Dollars that these credits come to, by provider and method.',
    labels: byMethod,
    read: () =>
      costs
        .total()
        .map(({ provider, method, costNanoUsd }) => [[provider, method], Number(costNanoUsd) / NANO_USD]),
  });
  const byLevel = ['lane', 'priority'];
  const levels = (counts: (lane: (typeof limiter.lanes)[number]) => readonly number[]) =>
    limiter.lanes.flatMap((lane) =>
      counts(lane).map((count, level) => [[lane.name, PRIORITIES[level]!], count] as const),
    );
  metrics.tallies({
    name: 'arb_limit_granted_total',
    help: 'Requests let through by a limit, by priority.',
    labels: byLevel,
    read: () => levels((lane) => lane.stats().granted),
  });
  metrics.tallies({
    name: 'arb_limit_shed_total',
    help: 'Requests that gave way in a full queue, by priority.',
    labels: byLevel,
    read: () => levels((lane) => lane.stats().shed),
  });
  metrics.gauge({
    name: 'arb_limit_queued',
    help: 'Requests that wait for a limit.',
    read: () => limiter.queued,
  });
  const perEndpoint = (value: (endpoint: EndpointStatus) => number) => () =>
    rpc.status().endpoints.map((endpoint) => [endpoint.name, value(endpoint)] as const);
  metrics.gauges({
    name: 'arb_rpc_up',
    help: '1 while the endpoint answers; 0 until it first has.',
    label: 'endpoint',
    read: perEndpoint((endpoint) => (endpoint.up && hasAnswered(endpoint) ? 1 : 0)),
  });
  metrics.gauges({
    name: 'arb_rpc_latency_seconds',
    help: 'Moving average from request to answer.',
    label: 'endpoint',
    read: perEndpoint(({ latencyMs }) => latencyMs / 1_000),
  });
  metrics.gauges({
    name: 'arb_rpc_slot_lag',
    help: 'Slots that the endpoint is from the newest known.',
    label: 'endpoint',
    read: perEndpoint(({ slotLag }) => slotLag),
  });
  metrics.counters({
    name: 'arb_rpc_failures_total',
    help: 'Attempts that failed by the endpoint.',
    label: 'endpoint',
    read: perEndpoint(({ failures }) => failures),
  });
  metrics.tallies({
    name: 'arb_rpc_refusals_total',
    help: 'Refusals of an endpoint, by what they are about: rate, plan, key, gone, size, busy, behind, request.',
    labels: ['endpoint', 'about'],
    read: () =>
      rpc
        .status()
        .endpoints.flatMap(({ name, refusals }) =>
          [...refusals].map(([about, count]) => [[name, about], count] as const),
        ),
  });
  metrics.counters({
    name: 'arb_rpc_calls_total',
    help: 'What the RPC pool has counted.',
    label: 'what',
    read: () => {
      const { retries, hedges, hedgesWon, hedgesAborted, joined, merged, batches } = rpc.status();
      return Object.entries({ retries, hedges, hedgesWon, hedgesAborted, joined, merged, batches });
    },
  });
}
