import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { STREAM_TIMING } from '../stream-contract.ts';
import {
  type ConnectionEvent,
  type ConnectionPolicy,
  type ConnectionState,
  IDLE,
  nextConnectionState,
} from './connection-state.ts';

const POLICY: ConnectionPolicy = {
  handshakeMs: STREAM_TIMING.handshakeTimeoutMs,
  stuckMs: STREAM_TIMING.stuckMs,
  behindMs: STREAM_TIMING.behindMs,
  stableMs: STREAM_TIMING.stableMs,
  steadyMs: STREAM_TIMING.steadyMs,
  unreachable: STREAM_TIMING.reconnectBackoff,
  refused: STREAM_TIMING.refusedBackoff,
  fault: STREAM_TIMING.faultBackoff,
};
/** What a healthy world needs for a handshake, subscriptions and a snapshot. */
const HEALTHY_MS = 1_000;
const BOUND_MS = 10_000;
const STEP_MS = 50;

/** Everything that can happen to a connection, sense or nonsense. */
const EVENTS: readonly ConnectionEvent[] = [
  { kind: 'start' },
  { kind: 'opened' },
  { kind: 'ended', end: { reason: 'closed 1006', refused: false } },
  { kind: 'ended', end: { reason: 'refused 429', refused: true } },
  { kind: 'progress' },
  { kind: 'fetching' },
  { kind: 'fetch-failed', reason: 'unreachable' },
  { kind: 'whole' },
  { kind: 'behind', reason: 'late' },
  { kind: 'caught-up' },
  { kind: 'doubted', reason: 'bad-frame' },
  { kind: 'missed', reason: 'a change was not told' },
  { kind: 'stalled', reason: 'this process stood still' },
  { kind: 'drop', reason: 'no slots' },
  { kind: 'suspend', reason: 'quarantined', untilMs: 0 },
  { kind: 'resume' },
  { kind: 'tick' },
];

interface World {
  state: ConnectionState;
  nowMs: number;
  /** A connection that was opened and not closed since, as the machine has asked for it. */
  open: boolean;
  fetching: boolean;
}

function createWorld(seed: number) {
  const random = createRandom(seed);
  const world: World = { state: IDLE, nowMs: 0, open: false, fetching: false };
  function happen(event: ConnectionEvent): void {
    const { state, effects } = nextConnectionState(world.state, event, world.nowMs, POLICY, random);
    world.state = state;
    if (event.kind === 'ended') world.open = false;
    for (const effect of effects) {
      if (effect === 'open') {
        expect(world.open, 'opens a second connection').toBe(false);
        world.open = true;
        world.fetching = false;
      }
      if (effect === 'close') world.open = false;
      if (effect === 'synchronize') world.fetching = true;
    }
  }
  return { world, happen };
}

type Sim = ReturnType<typeof createWorld>;

/** Of events that need a connection, only those that the world could bring: the machine's owner hears no others. */
function canHappen({ world }: Sim, event: ConnectionEvent): boolean {
  const needsOpen = [
    'opened',
    'ended',
    'progress',
    'fetching',
    'fetch-failed',
    'whole',
    'behind',
    'caught-up',
  ];
  return world.open || !needsOpen.includes(event.kind);
}

/** The world as it should be: whatever the machine asks for comes, each after its time. Milliseconds until live. */
function heal({ world, happen }: Sim): number {
  const fromMs = world.nowMs;
  let sinceMs = world.nowMs;
  let phase = world.state.phase;
  while (world.state.phase !== 'live' && world.nowMs - fromMs <= 2 * BOUND_MS) {
    world.nowMs += STEP_MS;
    happen({ kind: 'tick' });
    if (world.state.phase !== phase) {
      phase = world.state.phase;
      sinceMs = world.nowMs;
    }
    const took = world.nowMs - sinceMs >= HEALTHY_MS / 4;
    if (!took || !world.open) continue;
    if (phase === 'connecting') happen({ kind: 'opened' });
    // Its owner fetches only when the machine has said so: a state that waits for a fetch that nobody makes is found here.
    else if (phase === 'subscribing' && world.fetching) happen({ kind: 'fetching' });
    else if (phase === 'snapshot' && world.fetching) {
      world.fetching = false;
      happen({ kind: 'whole' });
    } else if (phase === 'behind') happen({ kind: 'caught-up' });
  }
  return world.nowMs - fromMs;
}

const ends = new Set(['idle', 'live', 'stopped']);

describe('the states of a connection', () => {
  it('is live within ten seconds from wherever anything has brought it, once the world is well again', () => {
    const step = fc.record({ event: fc.nat(EVENTS.length - 1), afterMs: fc.nat(3_000) });
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { maxLength: 60 }), (seed, steps) => {
        const sim = createWorld(seed);
        sim.happen({ kind: 'start' });
        for (const { event, afterMs } of steps) {
          sim.world.nowMs += afterMs;
          const happened = EVENTS[event]!;
          const timed =
            happened.kind === 'suspend' ? { ...happened, untilMs: sim.world.nowMs + 5_000 } : happened;
          if (canHappen(sim, timed)) sim.happen(timed);
        }
        expect(heal(sim)).toBeLessThanOrEqual(BOUND_MS);
        expect(sim.world.state.phase).toBe('live');
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives every state but idle, live and stopped an end of its own, over all that can follow on each other', () => {
    const seen = new Map<string, ConnectionState>();
    const random = createRandom(1);
    let edge: ConnectionState[] = [IDLE];
    let nowMs = 0;
    for (let depth = 0; depth < 7; depth++) {
      const next: ConnectionState[] = [];
      nowMs += 700;
      for (const state of edge) {
        for (const event of [...EVENTS, { kind: 'stop' } as const]) {
          const timed = event.kind === 'suspend' ? { ...event, untilMs: nowMs + 5_000 } : event;
          const after = nextConnectionState(state, timed, nowMs, POLICY, random).state;
          const isEnd = ends.has(after.phase);
          expect(
            after.dueMs === Number.POSITIVE_INFINITY,
            `${state.phase} + ${event.kind} → ${after.phase}`,
          ).toBe(isEnd);
          // When its time is over something else comes, whatever the state.
          if (!isEnd) {
            const end = nextConnectionState(after, { kind: 'tick' }, after.dueMs, POLICY, random).state;
            expect(end.phase).not.toBe(after.phase);
          }
          const key = `${after.phase} ${Math.min(after.failures, 3)} ${Math.min(after.faults, 5)}`;
          if (seen.has(key)) continue;
          seen.set(key, after);
          next.push(after);
        }
      }
      edge = next;
    }
    expect(new Set([...seen.values()].map(({ phase }) => phase)).size).toBe(9);
  });

  it('does not flap: a connection that never tells the news for long is opened ever more rarely', () => {
    const { world, happen } = createWorld(7);
    happen({ kind: 'start' });
    let livesBegun = 0;
    let moved = false;
    const random = createRandom(3);
    while (world.nowMs < 120_000) {
      world.nowMs += STEP_MS;
      const before = world.state.phase;
      const { state, effects } = nextConnectionState(
        world.state,
        nextOf(world.state.phase, world.nowMs - world.state.sinceMs),
        world.nowMs,
        POLICY,
        random,
      );
      world.state = state;
      moved ||= effects.includes('move');
      if (before !== 'live' && state.phase === 'live' && world.nowMs > 60_000) livesBegun++;
    }
    expect(moved).toBe(true);
    // It was 64 in a minute.
    expect(livesBegun).toBeLessThan(16);
  });

  it.each([
    ['refused', { reason: 'refused 429', refused: true }, 20],
    ['unreachable', { reason: 'closed 1006 (ECONNREFUSED)', refused: false }, 240],
  ])('comes back to an endpoint that is %s at most so often in a minute', (_, end, most) => {
    const { world, happen } = createWorld(5);
    happen({ kind: 'start' });
    let opened = 0;
    while (world.nowMs < 60_000) {
      world.nowMs += 10;
      if (world.state.phase === 'connecting') {
        opened++;
        happen({ kind: 'ended', end });
      } else happen({ kind: 'tick' });
    }
    expect(opened).toBeLessThan(most);
    expect(opened).toBeGreaterThan(5);
  });

  it('stays away for as long as it is asked to', () => {
    const { world, happen } = createWorld(5);
    happen({ kind: 'start' });
    happen({ kind: 'ended', end: { reason: 'refused 429', refused: true, retryAfterMs: 45_000 } });
    world.nowMs = 44_900;
    happen({ kind: 'tick' });
    expect(world.state.phase).toBe('waiting');
    world.nowMs = 45_100;
    happen({ kind: 'tick' });
    expect(world.state.phase).toBe('connecting');
  });
});

/** A connection that goes live at once and falls behind at once, for ever. */
function nextOf(phase: string, sinceMs: number): ConnectionEvent {
  if (phase === 'connecting') return { kind: 'opened' };
  if (phase === 'subscribing') return { kind: 'fetching' };
  if (phase === 'snapshot') return { kind: 'whole' };
  if (phase === 'live') return { kind: 'behind', reason: 'late' };
  if (phase === 'behind' && sinceMs > 300) return { kind: 'caught-up' };
  return { kind: 'tick' };
}
