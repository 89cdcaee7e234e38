import { constants } from 'node:os';

/** The signals of a process, as a verb is given them. */
export interface StopSignals {
  /**
   * Aborted by the first SIGINT, SIGTERM or SIGHUP (its terminal was closed); from the first call on, they no longer kill
   * the process.
   */
  signal(): AbortSignal;
  /** Called, at once and without waiting, when a second signal ends the process before its verb has. */
  atForcedEnd(work: () => void): void;
}

/** What these signals need of a process. */
export interface SignalledProcess {
  readonly ppid: number;
  on(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  exit(code: number): unknown;
}

export interface StopSignalsParams {
  readonly process: SignalledProcess;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Default 1 s. */
  readonly lookMs?: number;
}

/**
 * `timeout` sends to the process and to its group, and Ctrl-C under npm reaches the program from the terminal and again
 * from npm, which on a busy machine takes its time: what comes so close behind the first is the same press.
 */
const SAME_PRESS_MS = 300;
const SAME_PRESS_UNDER_NPM_MS = 2_000;
const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function createStopSignals(params: StopSignalsParams): StopSignals {
  const { process, env, nowMs, lookMs = 1_000 } = params;
  const controller = new AbortController();
  const works: (() => void)[] = [];
  // Of this program, not of one that npm has started and that starts this one.
  const underNpm = /\barb\b/.test(env.npm_lifecycle_script ?? '');
  const samePressMs = underNpm ? SAME_PRESS_UNDER_NPM_MS : SAME_PRESS_MS;
  let listening = false;
  let firstMs = 0;

  function take(name: (typeof NAMES)[number]): void {
    if (!controller.signal.aborted) {
      firstMs = nowMs();
      controller.abort(name);
      return;
    }
    // A drain that hangs is not waited for; a terminal that closes says so more than once, and presses nothing.
    if (name === 'SIGHUP') return;
    if (nowMs() - firstMs < samePressMs) return;
    for (const work of works) work();
    process.exit(128 + constants.signals[name]);
  }

  /** npm sends a signal to the shell that it started us in, which dies of it and tells us nothing. */
  function watchParent(): void {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      if (!controller.signal.aborted) take('SIGTERM');
    }, lookMs);
    timer.unref();
  }

  return {
    signal() {
      if (!listening) {
        for (const name of NAMES) process.on(name, () => take(name));
        if (underNpm) watchParent();
      }
      listening = true;
      return controller.signal;
    },
    atForcedEnd(work) {
      works.push(work);
    },
  };
}
