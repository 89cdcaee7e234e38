import type { Address } from '../../shared/core/address.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { MarketEvent } from '../../shared/engine/event.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import type { SlotAdvance } from '../../shared/sim/bank.ts';
import type { LocalMarket } from './local-market.ts';
import { createPipeline } from './pipeline.ts';
import { createRunParts, type RunParts } from './run-parts.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { RecordingSummary } from './summary.ts';

const SLOT_MS = 400;
/** How often the loop lets timers and signals in: a second of market time. */
const SLOTS_PER_TURN = 25;

export interface SimulatedRunParams {
  readonly config: Config;
  readonly market: LocalMarket;
  /** Stamps the stages; what is decided does not depend on it. */
  readonly clock: Clock;
  /** Seconds of market time. */
  readonly durationSeconds: number;
  readonly signal: AbortSignal;
  /** Called about once a second of market time. */
  readonly onTurn?: (parts: RunParts, elapsedSeconds: number) => void;
  /** Makes the recorder of the run, when it is to be recorded. */
  readonly record?: (parts: RunParts) => Promise<RunRecorder | undefined>;
}

/** What a simulated run came to, and how much market time passed. */
export interface SimulatedRun {
  readonly parts: RunParts;
  readonly elapsedSeconds: number;
  readonly recording: RecordingSummary | undefined;
}

/**
 * Drives the same engine with the same market as the service does, without sockets and without waiting: every slot's
 * changed accounts, then the next slot, on the market's own clock. The same seed gives the same decisions.
 */
export async function runSimulated(params: SimulatedRunParams): Promise<SimulatedRun> {
  const { config, market, clock, durationSeconds, signal, onTurn } = params;
  const { bank } = market.world;
  const parts = createRunParts({ config, universe: market, symbols: market.symbols, clock });
  const recorder = await params.record?.(parts);
  const watched = new Set<Address>();
  const asked: Address[] = [];
  const pipeline = createPipeline({
    engine: parts.engine,
    clock,
    subscriptions: {
      watch: (addresses) => {
        for (const address of addresses) {
          watched.add(address);
          asked.push(address);
        }
      },
      unwatch: (addresses) => {
        for (const address of addresses) watched.delete(address);
      },
    },
    observers: recorder === undefined ? parts.observers : [...parts.observers, recorder.observe],
  });

  const tell = (event: DistributiveOmit<MarketEvent, 'atMicros'>): void =>
    pipeline.process({ ...event, atMicros: clock.monotonicMicros() });

  /** Gives the engine what it has asked for, as the chain stood when `slot` closed. */
  const answer = (slot: number): void => {
    for (let address = asked.shift(); address !== undefined; address = asked.shift()) {
      tell({ kind: 'account', update: { address, slot, account: bank.at(slot).get(address) } });
    }
  };

  const tellSlot = (advance: SlotAdvance): void => {
    for (const { address, account } of advance.changed) {
      if (!watched.has(address)) continue;
      const gone = account.lamports === 0n;
      tell({ kind: 'account', update: { address, slot: advance.parent, account: gone ? null : account } });
    }
    answer(advance.parent);
    tell({ kind: 'slot', slot: advance.slot, parent: advance.parent });
  };

  // The feed is down until the first snapshot is whole, exactly as over sockets.
  tell({ kind: 'feed', live: false, reason: 'starting' });
  const first = bank.advanceSlot();
  answer(first.parent);
  tell({ kind: 'slot', slot: first.slot, parent: first.parent });
  tell({ kind: 'feed', live: true, reason: 'first snapshot complete' });
  answer(first.parent);

  const slots = Math.round((durationSeconds * 1_000) / SLOT_MS);
  let slot = 0;
  for (; slot < slots && !signal.aborted; slot++) {
    tellSlot(market.world.step());
    if (slot % SLOTS_PER_TURN !== 0) continue;
    onTurn?.(parts, (slot * SLOT_MS) / 1_000);
    await new Promise((resolve) => setImmediate(resolve));
    await recorder?.ready();
  }
  const recording = await recorder?.close();
  return { parts, elapsedSeconds: (slot * SLOT_MS) / 1_000, recording };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
