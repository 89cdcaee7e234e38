import type { MarketEvent } from '../../engine/event.ts';
import type { RunDescription } from './segment-text.ts';

/** By which rules venues were quoted before runs were told which program is deployed. */
const ASSUMED_BEFORE: readonly (readonly [venue: string, rules: string])[] = [
  ['raydium-amm-v4', 'fee-to-nearest'],
  ['raydium-cpmm', 'creator-fee'],
  ['raydium-clmm', 'dynamic-fee'],
];

/** Of whose programs the first runs were told that were told of any. */
const TOLD_FIRST: readonly string[] = ['raydium-amm-v4', 'raydium-cpmm'];

/** What a run took for granted of the programs that its recording says nothing of; empty where it was told of them. */
export function untoldPrograms({ programs = [] }: RunDescription): readonly MarketEvent[] {
  const told = programs === 'told' ? TOLD_FIRST : programs;
  return ASSUMED_BEFORE.filter(([venue]) => !told.includes(venue)).map(([venue, rules]) => ({
    kind: 'program',
    atMicros: 0,
    venue,
    programHash: '',
    rules,
  }));
}
