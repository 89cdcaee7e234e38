import type { Clock } from '../../../shared/core/clock.ts';
import { CLEAR_LINE } from './output.ts';
import type { Output } from './verb.ts';

const TTY_INTERVAL_MS = 250;
const PLAIN_INTERVAL_MS = 5_000;

export interface ProgressOptions {
  readonly output: Output;
  readonly clock: Clock;
  /** What to show now, without the elapsed time: `1,204 updates/s · 3 trades · +0.0012 SOL`. */
  readonly describe: () => string;
  /** Seconds the work will take, when known: shown as `12 s of 60 s`. */
  readonly totalSeconds?: number | undefined;
  /** Between plain lines when the output is no terminal. */
  readonly plainIntervalMs?: number;
}

export interface Progress {
  /** Shows the line now: a verb that never yields calls it between its steps; it redraws at most as often as the timer. */
  tick(): void;
  /** A line of its own above the progress line. */
  note(text: string): void;
  /** Shows the last state, ends the line and stops the timer. Calling it again does nothing. */
  stop(): void;
}

/**
 * A progress line with the elapsed time: redrawn in place on a terminal, a plain line every few seconds elsewhere.
 * Its timer does not keep the process alive.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { output, clock, describe, totalSeconds } = options;
  const intervalMs = output.isTty ? TTY_INTERVAL_MS : (options.plainIntervalMs ?? PLAIN_INTERVAL_MS);
  const startMicros = clock.monotonicMicros();
  let shownMicros = startMicros;
  let shownText = '';
  let stopped = false;

  function draw(): void {
    shownMicros = clock.monotonicMicros();
    const text = `${elapsedText((shownMicros - startMicros) / 1e6, totalSeconds)} · ${describe()}`;
    if (output.isTty) output.write(CLEAR_LINE + clip(text, output.columns));
    else if (text !== shownText) output.line(text);
    shownText = text;
  }

  function tick(): void {
    if (!stopped && clock.monotonicMicros() - shownMicros >= intervalMs * 1_000) draw();
  }

  const timer = setInterval(draw, intervalMs);
  timer.unref();
  if (output.isTty) draw();
  return {
    tick,
    note(text) {
      if (output.isTty && !stopped) output.write(CLEAR_LINE);
      output.line(text);
      if (output.isTty && !stopped) draw();
    },
    stop() {
      if (stopped) return;
      clearInterval(timer);
      draw();
      if (output.isTty) output.write('\n');
      stopped = true;
    },
  };
}

/** `75 s`, `12 s of 60 s`, `1:02:05`. */
export function elapsedText(seconds: number, totalSeconds?: number): string {
  const elapsed = durationText(seconds);
  return totalSeconds === undefined ? elapsed : `${elapsed} of ${durationText(totalSeconds)}`;
}

function durationText(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 120) return `${whole} s`;
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(whole / 3_600);
  return hours === 0 ? parts.join(':') : `${hours}:${parts.join(':')}`;
}

/** A line as long as the terminal would wrap, and a wrapped line cannot be redrawn. */
function clip(text: string, columns: number): string {
  const characters = [...text];
  return characters.length < columns ? text : `${characters.slice(0, Math.max(columns - 2, 1)).join('')}…`;
}
