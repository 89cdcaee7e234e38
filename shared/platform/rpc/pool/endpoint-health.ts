import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import { type BackoffPolicy, backoffMs } from '../../process/backoff.ts';

/**
 * `unreachable`: nothing could be sent to it. `failed`: no answer, or none that is good. `refused`: it answers no. `rate`:
 * it was asked too often.
 */
export type Failure = 'unreachable' | 'failed' | 'refused' | 'rate';

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
  failed(how: Failure): void;
  /** Was withdrawn before its answer, or its answer says nothing about the endpoint: least of all that it is quick. */
  withdrawn(): void;
  /** What it answered was wrong, as others have shown. */
  blamed(): void;
  /** How long to wait before it is tried again while it is down. */
  probeDelayMs(): number;
  readonly lastAskedMicros: number;
}

const LATENCY_WEIGHT = 0.2;
const ERROR_WEIGHT = 0.1;
/** Being held to a rate is the lane's to see to; of the score it takes a little. */
const RATE_WEIGHT = 0.02;
const RATE_MOST = 0.3;
/** What is not asked cannot show that it is well again: errors are half forgotten after so long. */
const FORGET_MICROS = 5_000_000;
/** One that only ever says "too many requests" is down after so long. */
const RATE_DOWN_MICROS = 1_000_000;
/** Before anything is known. */
const FIRST_LATENCY_MS = 50;
const DOWN_AFTER = 3;
const MS_PER_SLOT_BEHIND = 20;
/** Requests under way that add the latency of one more to the cost. */
const REQUESTS_PER_COST = 8;
const RECENT = 64;
/** What cannot be reached comes back at any moment; what refuses does so for a reason that lasts. */
const PROBE: BackoffPolicy = { minMs: 100, baseMs: 500, capMs: 5_000 };
const PROBE_REFUSED: BackoffPolicy = { minMs: 500, baseMs: 1_000, capMs: 30_000 };

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
  let lastGoodMicros = lastAskedMicros;
  let errorMicros = lastAskedMicros;
  let lastFailure: Failure = 'failed';

  function forget(): number {
    const now = clock.monotonicMicros();
    errorRate *= 0.5 ** ((now - errorMicros) / FORGET_MICROS);
    errorMicros = now;
    return errorRate;
  }

  function count(how: Failure): void {
    forget();
    if (how !== 'rate') errorRate += ERROR_WEIGHT * (1 - errorRate);
    else if (errorRate < RATE_MOST) errorRate += RATE_WEIGHT;
    failures++;
    lastFailure = how;
    const silentMicros = clock.monotonicMicros() - lastGoodMicros;
    if (how === 'unreachable') down = true;
    else if (failures >= DOWN_AFTER && (how !== 'rate' || silentMicros > RATE_DOWN_MICROS)) down = true;
  }

  const health: EndpointHealth = {
    slotLag: 0,
    get up() {
      return !down;
    },
    get latencyMs() {
      return latencyMs;
    },
    get errorRate() {
      return forget();
    },
    get inFlight() {
      return inFlight;
    },
    get lastAskedMicros() {
      return lastAskedMicros;
    },
    cost() {
      const answering = Math.max(0.05, 1 - forget());
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
      errorRate = forget() * (1 - ERROR_WEIGHT);
      lastGoodMicros = clock.monotonicMicros();
      failures = 0;
      probes = 0;
      down = false;
    },
    failed(how) {
      inFlight--;
      count(how);
    },
    withdrawn() {
      inFlight--;
    },
    blamed: () => count('failed'),
    probeDelayMs() {
      const isRefused = lastFailure === 'refused' || lastFailure === 'rate';
      return backoffMs(isRefused ? PROBE_REFUSED : PROBE, probes++, random);
    },
  };
  return health;
}
