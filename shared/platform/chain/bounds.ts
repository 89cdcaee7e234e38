import type { ChainParameterName } from '../../core/chain-parameters.ts';

/**
 * What a parameter may be on any chain that this system could run on. An answer outside is of a node that is broken or
 * lies: it is refused, and what was known stays.
 */
const BOUNDS: Readonly<
  Partial<Record<ChainParameterName, { readonly least: number; readonly most: number }>>
> = {
  slotMicros: { least: 50_000, most: 2_000_000 },
  slotsPerEpoch: { least: 32, most: 10_000_000 },
  blockhashBlocks: { least: 16, most: 10_000 },
  rentLamportsPerByte: { least: 1, most: 1_000_000 },
};

/** Why a value cannot be, or '' where it can. */
export function outOfBounds(name: ChainParameterName, value: number | bigint | boolean): string {
  const bounds = BOUNDS[name];
  if (bounds === undefined || typeof value === 'boolean') return '';
  if (value >= bounds.least && value <= bounds.most) return '';
  return `${name} of ${value} is refused: it lies between ${bounds.least} and ${bounds.most} on any chain`;
}
