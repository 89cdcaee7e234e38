import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { type BackoffPolicy, backoffMs } from '../backoff.ts';

/** How well an endpoint answers. */
export interface EndpointHealth {
  /** False after failures in a row, until an answer came. */
  readonly up: boolean;
  /** EWMA of the time from request to answer. */
  readonly latencyMs: number;
  /** EWMA, 0 to 1. */
  readonly errorRate: number;
  /** Slots behind the best endpoint, or beside the truth, when it last told. */
  slotLag: number;
  readonly inFlight: number;
  /** What a call to it costs by all of that, in milliseconds: smaller is better. */
  cost(): number;
  /** The time that 95 of 100 recent answers took at most. */
  p95Ms(): number;
  sent(): void;
  answered(latencyMs: number): void;
  /** `connection`: it could not be reached at all. */
  failed(connection: boolean): void;
  /** Was withdrawn before its answer: says nothing about the endpoint. */
  withdrawn(): void;
  /** How long to wait before it is tried again while it is down. */
  probeDelayMs(): number;
  readonly lastAskedMicros: number;
}

const LATENCY_WEIGHT = 0.2;
const ERROR_WEIGHT = 0.1;
/** Before anything is known. */
const FIRST_LATENCY_MS = 50;
const DOWN_AFTER = 3;
const MS_PER_SLOT_BEHIND = 20;
/** Requests under way that add the latency of one more to the cost. */
const REQUESTS_PER_COST = 8;
const RECENT = 64;
const PROBE: BackoffPolicy = { minMs: 100, baseMs: 500, capMs: 30_000 };

export function createEndpointHealth(clock: Clock, random: Random): EndpointHealth {
  const recent = new Float64Array(RECENT);
  let answers = 0;
  let sorted: Float64Array | undefined;
  let failures = 0;
  let latencyMs = FIRST_LATENCY_MS;
  let errorRate = 0;
  let down = false;
  let inFlight = 0;
  let probes = 0;
  let lastAskedMicros = clock.monotonicMicros();

  const health: EndpointHealth = {
    slotLag: 0,
    get up() {
      return !down;
    },
    get latencyMs() {
      return latencyMs;
    },
    get errorRate() {
      return errorRate;
    },
    get inFlight() {
      return inFlight;
    },
    get lastAskedMicros() {
      return lastAskedMicros;
    },
    cost() {
      const answering = Math.max(0.05, 1 - errorRate);
      const busy = 1 + inFlight / REQUESTS_PER_COST;
      return ((latencyMs + 1) * busy + health.slotLag * MS_PER_SLOT_BEHIND) / (answering * answering);
    },
    p95Ms() {
      if (answers === 0) return latencyMs * 2;
      sorted ??= recent.slice(0, Math.min(answers, RECENT)).sort();
      return sorted[Math.ceil(sorted.length * 0.95) - 1]!;
    },
    sent() {
      inFlight++;
      lastAskedMicros = clock.monotonicMicros();
    },
    answered(ms) {
      inFlight--;
      // The first answer, and the first after an outage, counts whole.
      latencyMs = answers === 0 || down ? ms : latencyMs + LATENCY_WEIGHT * (ms - latencyMs);
      recent[answers++ % RECENT] = ms;
      sorted = undefined;
      errorRate *= 1 - ERROR_WEIGHT;
      failures = 0;
      probes = 0;
      down = false;
    },
    failed(connection) {
      inFlight--;
      errorRate += ERROR_WEIGHT * (1 - errorRate);
      failures++;
      if (connection || failures >= DOWN_AFTER) down = true;
    },
    withdrawn() {
      inFlight--;
    },
    probeDelayMs: () => backoffMs(PROBE, probes++, random),
  };
  return health;
}
