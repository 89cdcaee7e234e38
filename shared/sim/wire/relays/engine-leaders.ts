import { createHash } from 'node:crypto';
import { type Address, addressAt } from '../../../core/address.ts';
import type { Random } from '../../../core/random.ts';

/** Slots in a row that one leader has. */
const LEADER_SLOTS = 4;
const VALIDATORS = 32;

/** Who leads which slot, and who of them is connected to the block engine. The same seed gives the same schedule. */
export interface EngineLeaders {
  leaderOf(slot: number): { readonly identity: Address; readonly connected: boolean };
  /** First slot, from this one on, whose leader is connected; bounded, so undefined where none is near. */
  nextConnected(fromSlot: number): { readonly slot: number; readonly identity: Address } | undefined;
}

const LOOK_AHEAD_SLOTS = 400;

export function createEngineLeaders(random: Random, connectedShare: number): EngineLeaders {
  const validators = Array.from({ length: VALIDATORS }, (_, i) => ({
    identity: addressAt(createHash('sha256').update(`validator ${i}`).digest()),
    connected: random.next() < connectedShare,
  }));
  const turns = Array.from({ length: 1_021 }, () => random.below(VALIDATORS));

  const leaderOf: EngineLeaders['leaderOf'] = (slot) =>
    validators[turns[Math.floor(slot / LEADER_SLOTS) % turns.length]!]!;

  return {
    leaderOf,
    nextConnected(fromSlot) {
      for (let slot = fromSlot; slot < fromSlot + LOOK_AHEAD_SLOTS; slot++) {
        const { identity, connected } = leaderOf(slot);
        if (connected) return { slot, identity };
      }
      return undefined;
    },
  };
}
