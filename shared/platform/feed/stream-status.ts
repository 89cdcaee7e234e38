import type { Address } from '../../core/address.ts';
import type {
  StreamConnectionState,
  StreamConnectionStatus,
} from './connection/stream-connection-contract.ts';
import type { QuarantinedEndpoint, StreamStatus } from './stream-contract.ts';
import { createStreamCounters, type FeedCounters, type StreamCounters } from './stream-counters.ts';

export interface StreamStatusParts {
  readonly counters: FeedCounters;
  readonly connections: readonly StreamConnectionStatus[];
  readonly quarantined: readonly QuarantinedEndpoint[];
  readonly live: boolean;
  readonly stopped: boolean;
  readonly reason: string;
  readonly accounts: number;
  readonly confirmed: number;
  readonly homeless: readonly Address[];
  readonly lastSlot: number;
  readonly liveSinceMs: number;
  readonly waiting: number;
}

/** The nearest to live first. */
const STATES: readonly StreamConnectionState[] = [
  'snapshot',
  'subscribing',
  'behind',
  'connecting',
  'waiting',
  'suspended',
  'idle',
];

/** Puts the stream's status together from what its connections say. */
export function streamStatus(parts: StreamStatusParts): StreamStatus {
  const { connections, live, stopped } = parts;
  const failed = new Set([...connections.flatMap((connection) => connection.failed), ...parts.homeless]);
  const nearest = STATES.find((state) => connections.some((connection) => connection.state === state));
  return {
    ...summed(connections),
    ...parts.counters,
    state: stopped ? 'stopped' : live ? 'live' : (nearest ?? 'idle'),
    reason: reasonOf(parts),
    connections,
    quarantined: parts.quarantined,
    accounts: parts.accounts,
    confirmed: parts.confirmed,
    subscribed: sum(connections, 'subscribed'),
    pending: sum(connections, 'pending'),
    failed: [...failed],
    shortfall: shortfallOf(parts, failed.size),
    lastSlot: parts.lastSlot,
    slotLag: Math.max(0, ...connections.map(({ slotLag }) => slotLag)),
    lagMs: Math.max(0, ...connections.map(({ lagMs }) => lagMs)),
    lastFrameAtMs: Math.max(0, ...connections.map(({ lastFrameAtMs }) => lastFrameAtMs)),
    liveSinceMs: parts.liveSinceMs,
    waiting: parts.waiting,
  };
}

/** What is wanted and not carried, for a person who reads it. */
function shortfallOf(parts: StreamStatusParts, failed: number): string {
  const { accounts, homeless, connections } = parts;
  if (failed === 0) return keptOut(parts);
  const said = connections.find(({ refusal }) => refusal !== '')?.refusal ?? '';
  const isPlan = homeless.length > 0 || connections.some(({ planLimit }) => Number.isFinite(planLimit));
  const who = isPlan ? 'the plan of the endpoints carries' : 'the endpoints let in';
  const why = said === '' ? '' : `: ${said}`;
  return `${who} ${accounts - failed} of ${accounts} accounts${why}`;
}

/** What is carried by connections that their endpoint keeps out, while others are live. */
function keptOut({ live, accounts, confirmed, connections }: StreamStatusParts): string {
  const closed = connections.find(({ state, accounts: carried }) => state === 'waiting' && carried > 0);
  if (!live || confirmed >= accounts || closed === undefined) return '';
  return `the open connections carry ${confirmed} of ${accounts} accounts: ${closed.name} ${closed.reason}`;
}

/** While nothing is live, what the connections say now is newer than why it went down. */
function reasonOf({ live, reason, connections, stopped }: StreamStatusParts): string {
  if (live || stopped) return reason;
  return connections.find((connection) => connection.reason !== '')?.reason ?? reason;
}

function summed(connections: readonly StreamConnectionStatus[]): StreamCounters {
  const total = createStreamCounters();
  const keys = Object.keys(total) as (keyof StreamCounters)[];
  for (const connection of connections) for (const key of keys) total[key] += connection[key];
  return total;
}

function sum(connections: readonly StreamConnectionStatus[], key: 'subscribed' | 'pending'): number {
  return connections.reduce((total, connection) => total + connection[key], 0);
}
