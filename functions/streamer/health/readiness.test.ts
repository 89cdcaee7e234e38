import { describe, expect, it, vi } from 'vitest';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createTally, type Reason } from '../../../shared/routing/reason.ts';
import { createDegradation } from './degradation.ts';
import { createDependencyProbes, hasAnswered } from './dependency-probes.ts';
import { createReadiness, type ReadinessParams } from './readiness.ts';

type Pool = { status: string; coherent: boolean; reason: string };

/** A service whose parts say what a test makes them say, on a clock that is moved. */
function service() {
  vi.useFakeTimers();
  const clock = createManualClock(0);
  const refused = createTally();
  const says = {
    live: true,
    status: 'running',
    halted: false,
    filled: 0,
    answered: 1,
    pools: [{ status: 'live', coherent: true, reason: '' }] as Pool[],
    stream: { accounts: 10, confirmed: 10, pending: 0, failed: [] as string[], connections: [] },
    unknown: '',
    heard: [{ endpoint: 'main', state: 'waiting', reason: 'handshake refused: 401' }],
  };
  const engine = {
    get status() {
      return says.status;
    },
    get halted() {
      return says.halted;
    },
    market: {
      get live() {
        return says.live;
      },
      get pools() {
        return says.pools.map((pool, at) => ({
          address: `pool-${at}`,
          venue: { id: 'v' },
          quarantine: '',
          switchedOff: '',
          missing: new Set(),
          ...pool,
        }));
      },
    },
    refused,
    ledger: {
      get filled() {
        return says.filled;
      },
      reverted: 0,
      notLanded: 0,
    },
    pending: [],
  } as unknown as ReadinessParams['engine'];
  const degradation = createDegradation(
    createDependencyProbes({
      engine: engine as never,
      asked: () => [{ name: 'main', up: true, answered: says.answered, problem: '' } as never],
      heard: () => says.heard as never,
      store: () => ({ lastError: undefined }) as never,
      jupiter: () => undefined,
      helius: () => undefined,
    }),
  );
  const readiness = createReadiness({
    engine,
    degradation,
    stream: () => says.stream as never,
    clock,
    draining: () => false,
    unknown: () => says.unknown,
  });
  readiness.start();
  return {
    says,
    degradation,
    readiness,
    refuse: (reason: Reason, count: number) => refused.add(reason, count),
    pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        clock.advanceMs(1_000);
        vi.advanceTimersByTime(1_000);
      }
    },
  };
}

describe('readiness', () => {
  it('is not there before the feed was ever live, and names why', () => {
    const { says, readiness, degradation } = service();
    says.live = false;
    says.status = 'starting';
    says.answered = 0;
    expect(readiness.look()).toEqual({
      ok: false,
      message: expect.stringMatching(
        /^starting; every WebSocket down, off: trading \(main: handshake refused: 401\)/,
      ),
    });
    const states = Object.fromEntries(degradation.report().map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ websockets: 'down', rpc: 'unseen' });
    says.live = true;
    says.status = 'running';
    says.answered = 1;
    expect(readiness.look()).toEqual({ ok: true, message: 'running' });
  });

  it('goes when no pool can be traded for a while, with the reasons', () => {
    const { says, readiness, pass } = service();
    says.pools = [
      { status: 'excluded', coherent: false, reason: 'unproven layout' },
      { status: 'excluded', coherent: false, reason: 'unproven layout' },
      { status: 'excluded', coherent: false, reason: 'paused' },
    ];
    pass(2);
    expect(readiness.look().ok).toBe(true);
    pass(10);
    expect(readiness.look()).toEqual({
      ok: false,
      message: 'no pool can be traded: 2 × unproven layout; 1 × paused',
    });
    says.pools = [];
    pass(1);
    expect(readiness.trouble()).toBe('no pool can be traded: none is wanted');
    says.pools = [{ status: 'live', coherent: true, reason: '' }];
    pass(1);
    expect(readiness.trouble()).toBe('');
  });

  it('goes when wanted accounts are not covered, refused ones after seconds, uncertain ones after a minute', () => {
    const { says, readiness, pass } = service();
    says.stream = { ...says.stream, failed: ['Account111'], confirmed: 9 };
    pass(10);
    expect(readiness.look()).toMatchObject({ ok: true, message: 'running; 1 accounts unconfirmed' });
    pass(10);
    expect(readiness.trouble()).toMatch(/^1 of 10 wanted accounts are not covered.*Account111/);
    says.stream = { ...says.stream, failed: [] };
    pass(1);
    expect(readiness.trouble()).toBe('');
    pass(60);
    expect(readiness.trouble()).toMatch(/^1 of 10 wanted accounts have been uncertain/);
    says.stream = { ...says.stream, confirmed: 10 };
    pass(1);
    expect(readiness.trouble()).toBe('');
  });

  it('goes when every candidate is refused for a reason of our own, and not because the market pays nothing', () => {
    const { says, readiness, pass, refuse } = service();
    for (let minute = 0; minute < 90; minute++) {
      refuse('no-marginal-profit', 5);
      refuse('no-reference-price', 1);
      pass(1);
    }
    expect(readiness.trouble()).toBe(
      'every candidate of the last minute was refused, most of them for no-reference-price',
    );
    refuse('below-costs', 1);
    pass(1);
    expect(readiness.trouble()).toBe('');
    for (let minute = 0; minute < 90; minute++) {
      refuse('no-capital', 1);
      pass(1);
    }
    expect(readiness.look().ok).toBe(false);
    says.filled = 1;
    pass(1);
    expect(readiness.look().ok).toBe(true);
  });

  it('stays while nobody knows what became of an order, and says so', () => {
    const { says, readiness } = service();
    says.unknown = '1 order unknown';
    expect(readiness.look()).toMatchObject({
      ok: true,
      message: expect.stringMatching(/; 1 order unknown$/),
    });
  });

  it('goes with the halt at the loss limit', () => {
    const { says, readiness } = service();
    says.halted = true;
    expect(readiness.look()).toEqual({ ok: false, message: 'halted: the loss limit was reached' });
  });
});

it('an endpoint has answered once an answer was good: a refusal is none', () => {
  expect(hasAnswered({ answered: 0 })).toBe(false);
  expect(hasAnswered({ answered: 1 })).toBe(true);
});
