import type { Random } from '../../core/random.ts';

/** What can be wrong with the wire itself, below any message. */
export const TRANSPORT_FAULTS = ['refused', 'dns', 'reset', 'slow-loris', 'half-open'] as const;

/** What can be wrong with what is said over a wire that works. */
export const MESSAGE_FAULTS = [
  'silent',
  'duplicated',
  'reordered',
  'dropped',
  'corrupted',
  'stale-slot',
  'wrong-bytes',
  'http-429',
  'http-503',
  'http-timeout',
] as const;

export type TransportFault = (typeof TRANSPORT_FAULTS)[number];
export type MessageFault = (typeof MESSAGE_FAULTS)[number];

/**
 * One thing that goes wrong between a client and its node.
 *
 * - `refused`: connections are refused, open ones are cut. `dns`: open ones are cut, and its name is not found. `reset`: each open one ends by a reset in the middle of the
 *   next frame. `slow-loris`: a few bytes at a time. `half-open`: nothing passes either way and nobody is told, for good.
 * - `silent`: WebSocket connections stay open, pings are answered, nothing else comes. `duplicated`, `reordered`,
 *   `dropped`, `corrupted`: a share of the notifications. `stale-slot`, `wrong-bytes`: the endpoint lies, over HTTP too.
 * - `http-429` (with Retry-After), `http-503`, `http-timeout`: what requests get.
 */
export type FaultKind = TransportFault | MessageFault;

export const FAULT_KINDS: readonly FaultKind[] = [...TRANSPORT_FAULTS, ...MESSAGE_FAULTS];

export function isTransportFault(kind: FaultKind): kind is TransportFault {
  return (TRANSPORT_FAULTS as readonly string[]).includes(kind);
}

/** A fault of one endpoint while it lasts; milliseconds from the start of the schedule. */
export interface ScheduledFault {
  readonly kind: FaultKind;
  /** Index of the endpoint. */
  readonly endpoint: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ScheduleParams {
  readonly random: Random;
  readonly endpoints: number;
  /** The last fault ends by then. */
  readonly lengthMs: number;
  /** Kinds to draw from, in turn and shuffled, so that a long schedule holds every one. */
  readonly kinds?: readonly FaultKind[];
  /** Every endpoint refuses connections for this long, once, somewhere inside; 0 for never. */
  readonly outageMs: number;
}

const MIN_FAULT_MS = 400;
const MAX_FAULT_MS = 2_500;
const MAX_PAUSE_MS = 700;

/** A seeded plan of what goes wrong when: faults follow each other, some at once on several endpoints. */
export function scheduleFaults(params: ScheduleParams): readonly ScheduledFault[] {
  const { random, endpoints, lengthMs, outageMs } = params;
  const kinds = shuffled(params.kinds ?? FAULT_KINDS, random);
  const plan: ScheduledFault[] = [];
  const outageFrom = outageMs > 0 ? Math.floor(random.next() * Math.max(1, lengthMs - outageMs)) : lengthMs;
  let at = Math.floor(random.next() * MAX_PAUSE_MS);
  let drawn = 0;
  let outageDone = outageMs === 0;
  while (at < lengthMs) {
    // At the latest when one more fault would leave too little time for it.
    const last = at + MAX_FAULT_MS + MAX_PAUSE_MS + outageMs >= lengthMs;
    if (!outageDone && (at >= outageFrom || last)) {
      for (let endpoint = 0; endpoint < endpoints; endpoint++) {
        plan.push({ kind: 'refused', endpoint, fromMs: at, toMs: Math.min(lengthMs, at + outageMs) });
      }
      outageDone = true;
      at += outageMs;
      continue;
    }
    const kind = kinds[drawn % kinds.length]!;
    const lasts = MIN_FAULT_MS + random.below(MAX_FAULT_MS - MIN_FAULT_MS);
    const toMs = Math.min(lengthMs, at + lasts);
    const first = random.below(endpoints);
    plan.push({ kind, endpoint: first, fromMs: at, toMs });
    // One time in four a second endpoint suffers the same, as when a provider or a route fails as a whole.
    if (endpoints > 1 && random.below(4) === 0) {
      plan.push({ kind, endpoint: (first + 1) % endpoints, fromMs: at, toMs });
    }
    drawn++;
    at = toMs + random.below(MAX_PAUSE_MS);
  }
  return plan;
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const mixed = [...values];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
