import type { Clock } from '../../../shared/core/clock.ts';
import { formatUnits } from '../../../shared/core/units.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import type { IntentJournal } from '../../../shared/execution/intent-journal.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import type { ControlRow, KilledRun, Store } from '../../../shared/platform/store/store.ts';
import type { ControlCommand, ControlResult } from './control-command.ts';

export interface ControlParams {
  readonly pipeline: { process(event: Extract<MarketEvent, { kind: 'control' | 'loss' }>): void };
  readonly engine: Engine;
  readonly store: Pick<Store, 'controls' | 'setControl'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runId: string;
}

/**
 * The switch that people hold. A pause works at once, and outlives the process: the next run starts paused. So does
 * the halt at the loss limit; and what was lost since a person last resumed counts on in the run that follows.
 */
export interface Control {
  /** Takes over what the store and the journal say; to be called before the feed starts. */
  restore(earlier: EarlierRuns): Promise<void>;
  /** Starts paused, because nothing is known of an earlier pause. */
  pauseUnknown(reason: string): Promise<void>;
  take(command: ControlCommand, by: string, reason: string): Promise<ControlResult>;
  /** Looks whether the loss limit was reached, after every event; writes it down. */
  observe(): void;
  /** For a drain: pauses this process only. */
  stopDeciding(): void;
  /** Tries once more to write down what could not be. */
  close(): Promise<void>;
  /** Why trading is paused or halted; '' while it runs. */
  reason(): string;
}

/** What is known of runs before this one. */
export interface EarlierRuns {
  /** The last one streamed the same market: what it had lost counts on. */
  readonly sameMarket: boolean;
  /** The run of this market that died before this one. */
  readonly killed: KilledRun | undefined;
  readonly netLamports: IntentJournal['netLamports'];
}

const TRADING = 'trading';
const LOSS_LIMIT = 'loss-limit';
const CARRIED_LOSS = 'carried-loss';
const SERVICE = 'service';
/** A control that could not be stored is tried again so often. */
const RETRY_MS = 1_000;

/** When trading was last resumed by a person, in Unix milliseconds; 0 when it never was. */
export function resumedAtMs(controls: readonly ControlRow[]): number {
  const row = controls.find(({ name }) => name === TRADING);
  return row?.value === 'running' ? row.atMs : 0;
}

export function createControl({ pipeline, engine, store, clock, log, runId }: ControlParams): Control {
  let pausedBecause = '';
  let haltedBecause = 'the loss limit was reached';
  /** As it is written down, or about to be. */
  let halted = false;
  /** By name: what a newer word has not taken the place of. */
  const unwritten = new Map<string, ControlRow>();
  let timer: NodeJS.Timeout | undefined;

  const tell = (command: ControlCommand, by: string): void =>
    pipeline.process({ kind: 'control', atMicros: clock.monotonicMicros(), command, by });

  /** Stores what is unwritten; rejects with the first refusal. */
  const write = async (): Promise<void> => {
    clearTimeout(timer);
    for (const row of [...unwritten.values()]) {
      try {
        await store.setControl(row);
        if (unwritten.get(row.name) === row) unwritten.delete(row.name);
      } catch (error) {
        clearTimeout(timer);
        timer = setTimeout(() => void write().catch(() => undefined), RETRY_MS);
        timer.unref();
        throw error;
      }
    }
  };

  const set = (name: string, value: ControlRow['value'], by: string, reason: string): Promise<void> => {
    unwritten.set(name, { name, value, by, reason, atMs: clock.nowMs() });
    return write();
  };

  /** For what the service itself sets: nobody waits for it. */
  const keep = (name: string, value: ControlRow['value'], reason: string): void => {
    set(name, value, SERVICE, reason).catch((error: unknown) =>
      log.error('control.not-stored', { name, error: String(error) }),
    );
  };

  const pause = (by: string, because: string): void => {
    pausedBecause = because;
    tell('pause', by);
  };

  return {
    async restore(earlier) {
      const { killed } = earlier;
      const rows = new Map((await store.controls()).map((row) => [row.name, row]));
      const trading = rows.get(TRADING);
      if (trading?.value === 'paused') {
        const { by, reason } = trading;
        pause(by, `paused by ${by} in an earlier run${reason === '' ? '' : `: ${reason}`}`);
        log.warning('control.restored', { value: 'paused', by, reason });
      }
      halted = rows.get(LOSS_LIMIT)?.value === 'paused';
      const carried = await lostBefore(earlier, rows);
      keep(CARRIED_LOSS, 'running', `${runId} ${carried}`);
      if (!halted && carried === 0n) return;
      const wasHalted = halted;
      if (wasHalted) haltedBecause = `the loss limit was reached in an earlier run: resume to trade on`;
      pipeline.process({
        kind: 'loss',
        atMicros: clock.monotonicMicros(),
        lamports: carried,
        halted,
        by: killed?.runId ?? 'an earlier run',
      });
      log.warning('control.loss-restored', { halted, lamports: carried, killedRun: killed?.runId });
      // Having looked, `observe` may have written the halt down by now.
      if (engine.halted && !wasHalted) {
        haltedBecause = `the loss limit was reached: ${formatUnits(carried, 9)} SOL were lost in earlier runs`;
      }
    },
    async pauseUnknown(reason) {
      pause(SERVICE, reason);
      await set(TRADING, 'paused', SERVICE, reason);
    },
    async take(command, by, reason) {
      // The engine first: a stop must stop even when it cannot be written down.
      tell(command, by);
      pausedBecause = command === 'pause' ? `paused by ${by}${reason === '' ? '' : `: ${reason}`}` : '';
      log.notice(`control.${command}`, { by, reason });
      const value = command === 'pause' ? 'paused' : 'running';
      const atMs = clock.nowMs();
      if (command === 'resume') {
        halted = false;
        haltedBecause = 'the loss limit was reached';
        for (const [name, reason] of [
          [LOSS_LIMIT, ''],
          [CARRIED_LOSS, `${runId} 0`],
        ] as const) {
          unwritten.set(name, { name, value: 'running', by, reason, atMs });
        }
      }
      try {
        await set(TRADING, value, by, reason);
      } catch (error) {
        log.error('control.not-stored', { command, error: String(error) });
        return {
          ok: false,
          message: `${value} now, but not stored: the next start knows of it only once the store is back`,
        };
      }
      return { ok: true, message: command === 'pause' ? 'trading is paused' : 'trading is running' };
    },
    observe() {
      if (!engine.halted || halted) return;
      halted = true;
      log.error('control.halted', { netLamports: engine.ledger.netLamports });
      keep(LOSS_LIMIT, 'paused', `reached in run ${runId}`);
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
    reason: () => (engine.halted ? haltedBecause : pausedBecause),
  };
}

/**
 * What was lost since a person last resumed: what the run before had taken over, and what it lost itself. The journal
 * says so; the store, which may lack its last trades, only where it says more.
 */
async function lostBefore(
  { sameMarket, killed, netLamports }: EarlierRuns,
  rows: ReadonlyMap<string, ControlRow>,
): Promise<bigint> {
  const carried = sameMarket ? rows.get(CARRIED_LOSS)?.reason : undefined;
  const [, last, lamports] = /^(\S+) (\d{1,20})$/.exec(carried ?? '') ?? [];
  const sinceMs = resumedAtMs([...rows.values()]);
  let lost = BigInt(lamports ?? 0);
  for (const runId of new Set([last, killed?.runId])) {
    if (runId === undefined) continue;
    const journaled = (await netLamports({ runId, sinceMs })) ?? 0n;
    const stored = killed?.runId === runId ? killed.netLamports : 0n;
    lost -= stored < journaled ? stored : journaled;
    if (lost < 0n) lost = 0n;
  }
  return lost;
}
