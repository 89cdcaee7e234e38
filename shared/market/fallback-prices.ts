import type { Address } from '../core/address.ts';
import type { ReferencePrice } from './reference-price.ts';

/** Prices from outside the chain, for the time when no pool gives one. They value costs and never size a trade. */
export interface FallbackPrices {
  /** Takes a price told while `slot` was open; an earlier one of the mint is forgotten. False when it is no price. */
  take(mint: Address, price: ReferencePrice, slot: number): boolean;
  /** The mint's price while it is at most `maxAgeSlots` old at `slot`; undefined otherwise. */
  of(mint: Address, slot: number): ReferencePrice | undefined;
}

/** Mints remembered: only start mints are ever asked for, so a source that names more is not listened to. */
const MAX_MINTS = 256;

export function createFallbackPrices(maxAgeSlots: number): FallbackPrices {
  const held = new Map<Address, { readonly price: ReferencePrice; readonly slot: number }>();
  return {
    take(mint, price, slot) {
      if (price.unitsPerLamportScaled <= 0n || slot <= 0) return false;
      if (!held.has(mint) && held.size >= MAX_MINTS) return false;
      held.set(mint, { price, slot });
      return true;
    },
    of(mint, slot) {
      const known = held.get(mint);
      if (known === undefined) return undefined;
      const age = slot - known.slot;
      return age >= 0 && age <= maxAgeSlots ? known.price : undefined;
    },
  };
}
