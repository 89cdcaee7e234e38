import type { Clock } from '../../shared/core/clock.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { ControlRow, Store } from '../../shared/platform/store/store.ts';
import type { ControlCommand, ControlResult } from './dashboard/view.ts';

export interface ControlParams {
  readonly pipeline: { process(event: ControlEvent): void };
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

interface ControlEvent {
  readonly kind: 'control';
  readonly atMicros: number;
  readonly command: ControlCommand;
  readonly by: string;
}

/** The switch that people hold. A pause works at once, and outlives the process: the next run starts paused. */
export interface Control {
  /** Takes over what the store says; to be called before the feed starts. */
  restore(): Promise<void>;
  take(command: ControlCommand, by: string, reason: string): Promise<ControlResult>;
  /** For a drain: pauses this process only. */
  stopDeciding(): void;
  /** Tries once more to write down what could not be. */
  close(): Promise<void>;
  /** Why trading is paused or halted; '' while it runs. */
  reason(): string;
}

const NAME = 'trading';
/** A command that could not be stored is tried again so often. */
const RETRY_MS = 1_000;

export function createControl({ pipeline, engine, store, clock, log }: ControlParams): Control {
  let pausedBecause = '';
  let unwritten: ControlRow | undefined;
  let timer: NodeJS.Timeout | undefined;

  const tell = (command: ControlCommand, by: string): void =>
    pipeline.process({ kind: 'control', atMicros: clock.monotonicMicros(), command, by });

  /** Stores `unwritten`; a newer command may have taken its place meanwhile. */
  const write = async (): Promise<void> => {
    clearTimeout(timer);
    const row = unwritten;
    if (row === undefined) return;
    try {
      await store.setControl(row);
      if (unwritten === row) unwritten = undefined;
    } catch (error) {
      if (unwritten === row) {
        clearTimeout(timer);
        timer = setTimeout(() => void write().catch(() => undefined), RETRY_MS);
        timer.unref();
      }
      throw error;
    }
  };

  return {
    async restore() {
      const row = (await store.controls()).find((control) => control.name === NAME);
      if (row?.value !== 'paused') return;
      pausedBecause = `paused by ${row.by} in an earlier run${row.reason === '' ? '' : `: ${row.reason}`}`;
      tell('pause', row.by);
      log.warning('control.restored', { value: row.value, by: row.by, reason: row.reason });
    },
    async take(command, by, reason) {
      // The engine first: a stop must stop even when it cannot be written down.
      tell(command, by);
      pausedBecause = command === 'pause' ? `paused by ${by}${reason === '' ? '' : `: ${reason}`}` : '';
      log.notice(`control.${command}`, { by, reason });
      const value = command === 'pause' ? 'paused' : 'running';
      try {
        unwritten = { name: NAME, value, by, reason, atMs: clock.nowMs() };
        await write();
      } catch (error) {
        log.error('control.not-stored', { command, error: String(error) });
        return {
          ok: false,
          message: `${value} now, but not stored: the next start knows of it only once the store is back`,
        };
      }
      return { ok: true, message: command === 'pause' ? 'trading is paused' : 'trading is running' };
    },
    stopDeciding: () => tell('pause', 'shutdown'),
    async close() {
      try {
        await write();
      } catch {
        // Told when it was given.
      }
      clearTimeout(timer);
    },
    reason: () => (engine.status === 'halted' ? 'the loss limit was reached' : pausedBecause),
  };
}
