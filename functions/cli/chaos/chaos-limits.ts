import type { Clock } from '../../../shared/core/clock.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createLatencyHistogram } from '../../../shared/core/latency.ts';
import { createRandom } from '../../../shared/core/random.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { PRIORITIES, type Priority } from '../../../shared/platform/limits/priority.ts';
import { type ApiAccess, createApiAccess } from '../../../shared/platform/outside/api-access.ts';
import { isThrottled } from '../../../shared/platform/rpc/pool/call-fault.ts';
import { type LimitedEndpoint, startLimitedEndpoint } from '../../../shared/sim/wire/limited-endpoint.ts';

export interface LimitsChaosParams {
  readonly config: Config;
  readonly clock: Clock;
  readonly demandPerSecond: number;
  readonly limitPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** What became of the calls of one priority. */
export interface PriorityOutcome {
  readonly priority: Priority;
  readonly asked: number;
  readonly answered: number;
  readonly shed: number;
  /** Their deadline passed first. */
  readonly expired: number;
  readonly failed: number;
  /** Waiting for the limit, of those that got their turn. */
  readonly waitP50Ms: number;
  readonly waitP99Ms: number;
  /** 429 that the endpoint gave calls of this priority; the pool repeats them. */
  readonly throttled: number;
  /** 429 that a caller was left with. */
  readonly throttledCallers: number;
}

export interface LimitsChaosReport {
  readonly demandPerSecond: number;
  readonly limitPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
  /** Calls a second that the endpoint accepted, over the time of the demand. */
  readonly acceptedPerSecond: number;
  readonly busiestSecond: number;
  readonly priorities: readonly PriorityOutcome[];
  /** No 429 for execution, and none of it shed. */
  readonly ok: boolean;
}

/** The mix of a trading service under load: few calls for execution, most for looking around. */
const SHARES: Readonly<Record<Priority, number>> = {
  execution: 0.08,
  confirmation: 0.12,
  balances: 0.2,
  discovery: 0.3,
  reports: 0.3,
};
const METHODS: Readonly<Record<Priority, string>> = {
  execution: 'getLatestBlockhash',
  confirmation: 'getSignatureStatuses',
  balances: 'getBalance',
  discovery: 'getAccountInfo',
  reports: 'getBlockHeight',
};
const DEADLINE_MS = 5_000;
const STEP_MS = 2;
/** A machine that cannot keep up with the demand must still serve the sockets. */
const CALLS_A_TURN = 16;

interface Tally {
  asked: number;
  answered: number;
  shed: number;
  expired: number;
  failed: number;
  throttledCallers: number;
}

/** A demand above the limit, sent through the pool and the limiter to an endpoint that counts. */
export async function runLimitsChaos(params: LimitsChaosParams): Promise<LimitsChaosReport> {
  const { config, clock, limitPerSecond, seed } = params;
  const endpoint = await startLimitedEndpoint(clock, limitPerSecond);
  const apis = createApiAccess({
    config: { rpc: config.rpc, limits: { ...config.limits, perHour: { local: limitPerSecond * 3_600 } } },
    endpoints: [{ name: 'local', provider: 'generic', url: endpoint.url }],
    clock,
    random: createRandom(seed).fork('apis'),
  });
  try {
    return await measure(params, apis, endpoint);
  } finally {
    await apis.close();
    await endpoint.stop();
  }
}

async function measure(
  params: LimitsChaosParams,
  apis: ApiAccess,
  endpoint: LimitedEndpoint,
): Promise<LimitsChaosReport> {
  const { clock, demandPerSecond, limitPerSecond, seconds, seed, signal } = params;
  const tallies = new Map<Priority, Tally>(
    PRIORITIES.map((priority) => [
      priority,
      { asked: 0, answered: 0, shed: 0, expired: 0, failed: 0, throttledCallers: 0 },
    ]),
  );
  const random = createRandom(seed).fork('demand');
  const calls: Promise<void>[] = [];
  const startMicros = clock.monotonicMicros();
  const endMicros = startMicros + seconds * 1e6;
  let dueMicros = startMicros;
  let number = 0;
  while (dueMicros < endMicros && !signal.aborted) {
    const now = clock.monotonicMicros();
    const turnEnd = number + CALLS_A_TURN;
    for (; dueMicros <= now && dueMicros < endMicros && number < turnEnd; number++) {
      const priority = pick(random.next());
      calls.push(ask(apis, priority, number, tallies.get(priority)!));
      // Times between calls that know nothing of each other.
      dueMicros -= (Math.log(1 - random.next()) / demandPerSecond) * 1e6;
    }
    // When the demand is behind itself, only as long as sockets need to be served in between.
    if (dueMicros <= now) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  const spentSeconds = (clock.monotonicMicros() - startMicros) / 1e6;
  const accepted = PRIORITIES.reduce((sum, priority) => sum + endpoint.counts(priority).accepted, 0);
  await Promise.all(calls);
  const priorities = PRIORITIES.map((priority, level): PriorityOutcome => {
    const waits = createLatencyHistogram();
    for (const lane of apis.limiter.lanes) waits.merge(lane.stats().waits[level]!);
    return {
      priority,
      ...tallies.get(priority)!,
      waitP50Ms: waits.percentile(50) / 1_000,
      waitP99Ms: waits.percentile(99) / 1_000,
      throttled: endpoint.counts(priority).refused,
    };
  });
  const [execution] = priorities;
  return {
    demandPerSecond,
    limitPerSecond,
    seconds,
    seed,
    acceptedPerSecond: accepted / spentSeconds,
    busiestSecond: endpoint.busiestSecond,
    priorities,
    ok: execution!.throttled === 0 && execution!.throttledCallers === 0 && execution!.shed === 0,
  };
}

async function ask(apis: ApiAccess, priority: Priority, number: number, tally: Tally): Promise<void> {
  tally.asked++;
  // The number makes every call one of its own, so that none shares another's answer.
  const callParams = [{ label: priority, number }];
  const options = { kind: 'read', priority, deadlineMs: DEADLINE_MS } as const;
  try {
    await apis.rpc.call(METHODS[priority], callParams, options, () => true);
    tally.answered++;
  } catch (thrown) {
    if (isThrottled(thrown)) tally.throttledCallers++;
    else if (thrown instanceof ArbError && thrown.code === 'rpc-shed') tally.shed++;
    else if (thrown instanceof ArbError && thrown.context.unsent === true) tally.expired++;
    else tally.failed++;
  }
}

function pick(point: number): Priority {
  let left = point;
  for (const priority of PRIORITIES) {
    left -= SHARES[priority];
    if (left < 0) return priority;
  }
  return 'reports';
}

/** The report for people. */
export function limitsChaosLines(report: LimitsChaosReport): readonly string[] {
  const { demandPerSecond, limitPerSecond, seconds, acceptedPerSecond, busiestSecond } = report;
  const columns = ['priority', 'asked', 'answered', 'shed', 'expired', 'failed', 'wait p50', 'p99 ms', '429'];
  const rows = report.priorities.map((row) => [
    row.priority,
    row.asked,
    row.answered,
    row.shed,
    row.expired,
    row.failed,
    row.waitP50Ms.toFixed(1),
    row.waitP99Ms.toFixed(1),
    row.throttled,
  ]);
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(13) : String(cell).padStart(9))).join('');
  return [
    `${demandPerSecond} calls/s for ${seconds} s against ${limitPerSecond}/s: ${acceptedPerSecond.toFixed(0)}/s accepted, ${busiestSecond} in the busiest second`,
    line(columns),
    ...rows.map(line),
    report.ok ? 'no 429 and no shedding for execution' : 'FAILED: an execution call was shed or answered 429',
  ];
}
