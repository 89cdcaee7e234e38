import {
  ASSUMED_CHAIN,
  CHAIN_PARAMETER_NAMES,
  type ChainParameterName,
  type ChainParameters,
  type ChainValues,
  withChainValues,
} from '../../core/chain-parameters.ts';
import type { Clock } from '../../core/clock.ts';
import { outOfBounds } from './bounds.ts';
import { type ChainReading, type ChainRpc, readChain } from './chain-reads.ts';
import { createSlotTime } from './slot-time.ts';

export interface ChainWatchParams {
  readonly rpc: ChainRpc;
  readonly clock: Clock;
  /** Something has changed: the whole, to be told to the engine. */
  readonly onParameters: (parameters: ChainParameters) => void;
  /** Milliseconds between two rounds of questions. Default 10,000. */
  readonly refreshMs?: number;
}

/**
 * Keeps reading what the chain is. The time of a slot is measured by when slots are heard to begin; until enough were
 * heard, a node's own samples count. All else is asked for by RPC, checked, and kept where an answer cannot be.
 */
export interface ChainWatch {
  readonly parameters: ChainParameters;
  /** Why a parameter is not as fresh as it should be, by its name. */
  readonly problems: ReadonlyMap<ChainParameterName, string>;
  /** A slot was heard to begin. Cheap. */
  onSlot(slot: number, atMicros: number): void;
  /** Slots were not heard for a while: what comes does not continue what was. */
  onBreak(): void;
  /** Asks once. Never throws. */
  read(): Promise<void>;
  start(): void;
  stop(): void;
}

/** A slot time that moved by less is the same: jitter. */
const SLOT_TIME_STEP = 0.01;
const LOOK_EVERY_MICROS = 1_500_000;
/** What a block may use, and one account in it, shrinks with the slot from what both were at first (SIMD-0525). */
const BLOCK_UNITS_PER_MICRO = ASSUMED_CHAIN.blockUnits / ASSUMED_CHAIN.slotMicros;
const ACCOUNT_SHARE = ASSUMED_CHAIN.accountUnits / ASSUMED_CHAIN.blockUnits;
/** The lengths that slots are given: limits follow these and not what jitter measures of them. */
const STEP_MICROS = 50_000;
/** How far ours may be from a node's samples before that is worth a word. */
const SAMPLES_DIFFER = 0.25;

export function createChainWatch({
  rpc,
  clock,
  onParameters,
  refreshMs = 10_000,
}: ChainWatchParams): ChainWatch {
  const slotTime = createSlotTime();
  const problems = new Map<ChainParameterName, string>();
  const stopping = new AbortController();
  let parameters = ASSUMED_CHAIN;
  let newestSlot = 0;
  let lookedMicros = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function tell(values: Partial<ChainValues>, sourceOf: (name: ChainParameterName) => string, slot: number) {
    const changed = CHAIN_PARAMETER_NAMES.filter((name) => isNews(name, values[name]));
    if (changed.length === 0) return;
    const atMs = clock.nowMs();
    for (const name of changed) {
      parameters = withChainValues(
        parameters,
        { [name]: values[name] },
        { source: sourceOf(name), slot, atMs },
      );
    }
    onParameters(parameters);
  }

  function isNews(name: ChainParameterName, value: ChainValues[ChainParameterName] | undefined): boolean {
    if (value === undefined) return false;
    if (parameters.origins[name].atMs === 0) return true;
    // Nobody goes back from Alpenglow: a node that says so has not caught up.
    if (name === 'alpenglow') return value === true && !parameters.alpenglow;
    if (name !== 'slotMicros') return value !== parameters[name];
    return Math.abs(Number(value) / parameters.slotMicros - 1) > SLOT_TIME_STEP;
  }

  /** The limits that follow from how long a slot is. */
  function withLimits(slotMicros: number): Partial<ChainValues> {
    const step = Math.max(STEP_MICROS, Math.round(slotMicros / STEP_MICROS) * STEP_MICROS);
    const blockUnits = Math.round(BLOCK_UNITS_PER_MICRO * step);
    return { slotMicros, blockUnits, accountUnits: Math.round(blockUnits * ACCOUNT_SHARE) };
  }

  function takeReading({ values, sources, slot, problems: found }: ChainReading): void {
    const sampled = values.slotMicros;
    const measured = slotTime.micros;
    for (const name of CHAIN_PARAMETER_NAMES) {
      const problem = found[name];
      if (problem === undefined) problems.delete(name);
      else problems.set(name, problem);
    }
    // Our own ears come before a node's word.
    if (measured !== undefined) {
      problems.delete('slotMicros');
      if (sampled !== undefined && Math.abs(sampled / measured - 1) > SAMPLES_DIFFER) {
        const said = `${Math.round(sampled / 1_000)} ms, the slots themselves ${Math.round(measured / 1_000)} ms`;
        problems.set('slotMicros', `the node’s samples say ${said}`);
      }
    }
    const { slotMicros: _, ...rest } = values;
    const timed =
      sampled === undefined || measured !== undefined ? rest : { ...rest, ...withLimits(sampled) };
    tell(timed, (name) => sources[name] ?? 'slot time', Math.max(slot, newestSlot));
  }

  async function read(): Promise<void> {
    const reading = await readChain(rpc, stopping.signal);
    if (!stopping.signal.aborted) takeReading(reading);
  }

  async function round(): Promise<void> {
    await read();
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => void round(), refreshMs);
    timer.unref();
  }

  return {
    get parameters() {
      return parameters;
    },
    problems,
    onSlot(slot, atMicros) {
      if (slot <= newestSlot) return;
      newestSlot = slot;
      slotTime.slot(slot, atMicros);
      if (atMicros - lookedMicros < LOOK_EVERY_MICROS || slotTime.micros === undefined) return;
      lookedMicros = atMicros;
      const problem = outOfBounds('slotMicros', slotTime.micros);
      if (problem === '') tell(withLimits(slotTime.micros), () => 'slot stream', slot);
      else problems.set('slotMicros', problem);
    },
    onBreak() {
      slotTime.reset();
      newestSlot = 0;
    },
    read,
    start: () => void round(),
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}
