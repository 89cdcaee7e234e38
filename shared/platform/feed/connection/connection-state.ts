import type { Random } from '../../../core/random.ts';
import { type BackoffPolicy, backoffMs } from '../../process/backoff.ts';
import type { StreamEnd } from '../wire/stream-transport.ts';

export type ConnectionPhase =
  /** Not started. */
  | 'idle'
  /** The handshake is under way. */
  | 'connecting'
  /** Open; what it carries is being asked for, or a snapshot has failed and is tried again. */
  | 'subscribing'
  /** What it carries is being fetched. */
  | 'snapshot'
  | 'live'
  /** Open, and it tells old news, or what cannot be known to be true yet. */
  | 'behind'
  /** Closed until its back-off is over. */
  | 'waiting'
  /** Closed because its endpoint is not believed. */
  | 'suspended'
  | 'stopped';

/** All that decides what a connection does next. */
export interface ConnectionState {
  readonly phase: ConnectionPhase;
  /** When it began. */
  readonly sinceMs: number;
  /** When it ends by itself, at the latest; Infinity only where nothing is waited for (idle, live, stopped). */
  readonly dueMs: number;
  /** Why it is not live, or why it last was not. */
  readonly reason: string;
  /** Connections that ended in a row without one that was live for long enough. */
  readonly failures: number;
  /** Times that it was live and found not to tell what it should, without a long good time between. */
  readonly faults: number;
}

export type ConnectionEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'ended'; readonly end: StreamEnd }
  /** Something that was asked for has come: what takes long is not stuck. */
  | { readonly kind: 'progress' }
  /** All that was asked for has been answered: the snapshot begins. */
  | { readonly kind: 'fetching' }
  | { readonly kind: 'fetch-failed'; readonly reason: string }
  /** Everything that it carries was told. */
  | { readonly kind: 'whole' }
  /** What it tells is old, or in question. */
  | { readonly kind: 'behind'; readonly reason: string }
  | { readonly kind: 'caught-up' }
  /** Something was lost on the way: what it carries must be fetched anew. */
  | { readonly kind: 'doubted'; readonly reason: string }
  /** This process stood still: what waits on the way is old, and nobody's fault. */
  | { readonly kind: 'stalled'; readonly reason: string }
  /** A change was not told although its slot was: the connection itself is not whole. */
  | { readonly kind: 'missed'; readonly reason: string }
  /** `refused`: its endpoint would not let it have what it cannot do without. */
  | { readonly kind: 'drop'; readonly reason: string; readonly refused?: boolean }
  /** `untilMs`: when it comes back by itself. */
  | { readonly kind: 'suspend'; readonly reason: string; readonly untilMs: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'tick' };

/** What is to be done, in order. */
export type ConnectionEffect =
  /** Open a connection. */
  | 'open'
  /** Close the one there is. */
  | 'close'
  /** Nothing that it carries may be relied on. */
  | 'lose'
  /** Fetch what it carries, from the start. */
  | 'synchronize'
  | 'live'
  /** Others should carry what it carries, as far as they can. */
  | 'move';

export interface ConnectionPolicy {
  /** The handshake, whatever it consists of. */
  readonly handshakeMs: number;
  /** Subscribing or fetching without anything coming for this long is stuck. */
  readonly stuckMs: number;
  /** So long it may tell old news before it is opened anew. */
  readonly behindMs: number;
  /** Live for this long: its failures are over. */
  readonly stableMs: number;
  /** Live for this long: its faults are over. */
  readonly steadyMs: number;
  /** Of an endpoint that cannot be reached, or that broke off. */
  readonly unreachable: BackoffPolicy;
  /** Of an endpoint that was reached and would not. */
  readonly refused: BackoffPolicy;
  /** Before a connection that was found at fault more than twice is opened again. */
  readonly fault: BackoffPolicy;
}

/** Faults until a connection is opened anew instead of fetched anew, and until its accounts are moved. */
const FAULTS_TO_REOPEN = 3;
const FAULTS_TO_MOVE = 4;
const FAILURES_TO_MOVE = 2;
/** As much as an endpoint may ask us to stay away. */
const RETRY_AFTER_MAX_MS = 600_000;

export const IDLE: ConnectionState = {
  phase: 'idle',
  sinceMs: 0,
  dueMs: Number.POSITIVE_INFINITY,
  reason: '',
  failures: 0,
  faults: 0,
};

interface Step {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

const NONE: readonly ConnectionEffect[] = [];
const NEVER = Number.POSITIVE_INFINITY;

/**
 * One connection over all its reconnects, as a function: what follows on an event. It holds no timers and touches no
 * socket, so that every state can be walked through: each but idle, live and stopped ends by itself (`dueMs`), and no
 * event can make a state wait for what that state keeps from happening.
 */
export function nextConnectionState(
  state: ConnectionState,
  event: ConnectionEvent,
  nowMs: number,
  policy: ConnectionPolicy,
  random: Random,
): Step {
  const { phase } = state;
  const isOpen = phase === 'subscribing' || phase === 'snapshot' || phase === 'live' || phase === 'behind';
  const stay: Step = { state, effects: NONE };
  if (phase === 'stopped') return stay;

  function to(next: ConnectionPhase, dueMs: number, change: Partial<ConnectionState> = {}): ConnectionState {
    return { ...state, ...change, phase: next, sinceMs: nowMs, dueMs };
  }
  const stuckAt = nowMs + policy.stuckMs;
  const wasLiveFor = phase === 'live' ? nowMs - state.sinceMs : 0;
  const faultsBefore = wasLiveFor >= policy.steadyMs ? 0 : state.faults;
  const failuresBefore = wasLiveFor >= policy.stableMs ? 0 : state.failures;

  /** Closed, until the back-off is over. `close` where the connection is still there. */
  function wait(reason: string, waitMs: number, faults: number, effects: ConnectionEffect[]): Step {
    const failures = failuresBefore + 1;
    if (failures >= FAILURES_TO_MOVE && !effects.includes('move')) effects.push('move');
    const change = { reason, failures, faults };
    return { state: to('waiting', nowMs + waitMs, change), effects };
  }

  function ended({ reason, refused, retryAfterMs }: StreamEnd, effects: ConnectionEffect[]): Step {
    const own = backoffMs(refused ? policy.refused : policy.unreachable, failuresBefore, random);
    const asked = Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
    return wait(reason, Math.max(own, asked), faultsBefore, effects);
  }

  /** It was live and was not what it should be. More often than now and then: opened anew, then moved. */
  function fault(reason: string, onFirst: () => Step): Step {
    const faults = faultsBefore + 1;
    if (faults < FAULTS_TO_REOPEN) return onFirst();
    const effects: ConnectionEffect[] = ['close', 'lose'];
    if (faults >= FAULTS_TO_MOVE) effects.push('move');
    return wait(reason, backoffMs(policy.fault, faults - FAULTS_TO_REOPEN, random), faults, effects);
  }

  function refetch(reason: string, faults: number): Step {
    return { state: to('subscribing', stuckAt, { reason, faults }), effects: ['lose', 'synchronize'] };
  }

  switch (event.kind) {
    case 'start':
      if (phase !== 'idle') return stay;
      return { state: to('connecting', nowMs + policy.handshakeMs), effects: ['open'] };
    case 'opened':
      if (phase !== 'connecting') return stay;
      return { state: to('subscribing', stuckAt), effects: ['synchronize'] };
    case 'ended':
      if (phase !== 'connecting' && !isOpen) return stay;
      return ended(event.end, ['lose']);
    case 'progress':
      if (phase !== 'subscribing' && phase !== 'snapshot') return stay;
      return { state: { ...state, dueMs: stuckAt }, effects: NONE };
    case 'fetching':
      if (phase !== 'subscribing') return stay;
      return { state: to('snapshot', stuckAt), effects: NONE };
    case 'fetch-failed':
      if (phase !== 'subscribing' && phase !== 'snapshot') return stay;
      return { state: to('subscribing', stuckAt, { reason: event.reason }), effects: NONE };
    case 'whole':
      if (phase !== 'snapshot' && phase !== 'subscribing') return stay;
      return { state: to('live', NEVER, { reason: 'snapshot' }), effects: ['live'] };
    case 'behind': {
      if (!isOpen || phase === 'behind') return stay;
      // A connection that was never live has nothing to lose, and no fault yet.
      if (phase !== 'live') {
        return { state: to('behind', nowMs + policy.behindMs, { reason: event.reason }), effects: ['lose'] };
      }
      const change = { reason: event.reason, faults: faultsBefore + 1, failures: failuresBefore };
      return fault(event.reason, () => ({
        state: to('behind', nowMs + policy.behindMs, change),
        effects: ['lose'],
      }));
    }
    case 'caught-up':
      if (phase !== 'behind') return stay;
      return { state: to('subscribing', stuckAt), effects: ['synchronize'] };
    case 'doubted':
    case 'missed':
      if (phase === 'subscribing' || phase === 'snapshot') {
        // What of it was fetched already is relied on.
        return refetch(event.reason, state.faults);
      }
      if (phase !== 'live') return stay;
      return fault(event.reason, () => refetch(event.reason, faultsBefore + 1));
    case 'stalled':
      if (!isOpen || phase === 'behind') return stay;
      return refetch(event.reason, state.faults);
    case 'drop':
      if (phase !== 'connecting' && !isOpen) return stay;
      return ended({ reason: event.reason, refused: event.refused === true }, ['close', 'lose']);
    case 'suspend':
      if (phase === 'suspended' || phase === 'idle') return stay;
      return {
        state: to('suspended', event.untilMs, { reason: event.reason }),
        effects: phase === 'waiting' ? ['lose'] : ['close', 'lose'],
      };
    case 'resume':
      if (phase !== 'suspended') return stay;
      return {
        state: to('connecting', nowMs + policy.handshakeMs, { failures: 0, faults: 0 }),
        effects: ['open'],
      };
    case 'stop':
      return { state: to('stopped', NEVER, { reason: 'stopped' }), effects: ['close', 'lose'] };
    case 'tick':
      if (nowMs < state.dueMs) return stay;
      if (phase === 'waiting') {
        return { state: to('connecting', nowMs + policy.handshakeMs), effects: ['open'] };
      }
      if (phase === 'suspended') {
        const change = { failures: 0, faults: 0 };
        return { state: to('connecting', nowMs + policy.handshakeMs, change), effects: ['open'] };
      }
      if (phase === 'connecting') {
        return ended({ reason: 'handshake-timeout', refused: false }, ['close', 'lose']);
      }
      if (phase === 'behind') {
        // Still so after all this time: it will not mend by itself.
        const effects: ConnectionEffect[] = ['close', 'lose'];
        const faults = state.faults + 1;
        if (faults >= FAULTS_TO_MOVE) effects.push('move');
        const waitMs = backoffMs(policy.fault, Math.max(0, faults - FAULTS_TO_REOPEN), random);
        return wait(state.reason, waitMs, faults, effects);
      }
      if (phase === 'subscribing' || phase === 'snapshot') {
        const reason = state.reason === '' ? `stuck in ${phase}` : state.reason;
        return ended({ reason, refused: false }, ['close', 'lose']);
      }
      return stay;
  }
}
