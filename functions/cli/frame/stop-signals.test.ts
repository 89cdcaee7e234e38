import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createStopSignals } from './stop-signals.ts';

/** A process that can be signalled, and its watch. */
function signalled(env: Record<string, string> = {}) {
  const emitter = new EventEmitter();
  let atMs = 1_000;
  const exits: number[] = [];
  const process = {
    ppid: 7,
    on: (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void) => emitter.on(name, listener),
    exit: (code: number) => exits.push(code),
  };
  const signals = createStopSignals({ process, env, nowMs: () => atMs, lookMs: 5 });
  return {
    signals,
    exits,
    process,
    send(name: string, afterMs: number) {
      atMs += afterMs;
      return emitter.emit(name);
    },
  };
}

describe('stop signals', () => {
  it('abort at the first and end the process at the second, with what was asked for done before', () => {
    const { signals, exits, send } = signalled();
    expect(send('SIGINT', 0)).toBe(false);
    const signal = signals.signal();
    let forced = 0;
    signals.atForcedEnd(() => forced++);
    send('SIGINT', 0);
    expect([signal.aborted, forced, exits]).toEqual([true, 0, []]);
    send('SIGTERM', 400);
    expect([forced, exits]).toEqual([1, [143]]);
  });

  it('take the end of their terminal as a signal, however often it is told', () => {
    const { signals, exits, send } = signalled();
    const signal = signals.signal();
    send('SIGHUP', 0);
    send('SIGHUP', 5_000);
    expect([signal.aborted, exits]).toEqual([true, []]);
    send('SIGINT', 0);
    expect(exits).toEqual([130]);
  });

  it.each([
    ['directly', {}, 250],
    ['under npm', { npm_lifecycle_script: 'exec node functions/cli/arb.cjs run' }, 1_900],
    ['under another program of npm', { npm_lifecycle_script: 'vitest run' }, 250],
  ])('take one press that comes twice as one, %s', (_how, env, laterMs) => {
    const { signals, exits, send } = signalled(env);
    signals.signal();
    send('SIGINT', 0);
    send('SIGINT', 3);
    send('SIGINT', laterMs);
    expect(exits).toEqual([]);
    send('SIGINT', 100);
    expect(exits).toEqual([130]);
  });

  it('take the death of the shell that npm started us in as a signal, and only there', async () => {
    for (const [env, aborted] of [
      [{ npm_lifecycle_script: 'arb' }, true],
      [{}, false],
    ] as const) {
      const { signals, exits, process } = signalled(env);
      const signal = signals.signal();
      process.ppid = 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([signal.aborted, exits]).toEqual([aborted, []]);
    }
  });
});
