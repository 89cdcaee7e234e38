import type { MarketEvent } from '../../engine/event.ts';
import type { RunDescription } from './segment-text.ts';

/** By which rules venues were quoted before runs were told which program is deployed. */
const ASSUMED_BEFORE: readonly (readonly [venue: string, rules: string])[] = [
  ['raydium-amm-v4', 'fee-to-nearest'],
  ['raydium-cpmm', 'creator-fee'],
];

/** What a run took for granted of the programs that its recording says nothing of; empty where it was told of them. */
export function untoldPrograms(run: RunDescription): readonly MarketEvent[] {
  if (run.programs === 'told') return [];
  return ASSUMED_BEFORE.map(([venue, rules]) => ({
    kind: 'program',
    atMicros: 0,
    venue,
    programHash: '',
    rules,
  }));
}
