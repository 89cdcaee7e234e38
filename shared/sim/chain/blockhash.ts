import { createHash } from 'node:crypto';
import bs58 from 'bs58';

/** Blocks for which a blockhash can be used, as on mainnet. */
export const BLOCKHASH_VALID_BLOCKS = 150;

export interface Blockhash {
  readonly blockhash: string;
  readonly lastValidBlockHeight: number;
}

/** The blockhashes of a chain that starts at one slot: the same start always gives the same hashes. */
export interface Blockhashes {
  readonly genesisHash: string;
  /** The hash that the block of `slot` ends with. */
  of(slot: number): string;
  /** The slot whose block ended with `blockhash`, looking back from `slot`; undefined when unknown or expired. */
  slotOf(blockhash: string, slot: number): number | undefined;
}

export function createBlockhashes(start: {
  readonly slot: number;
  readonly unixTimestamp: number;
}): Blockhashes {
  const name = `${start.slot}/${start.unixTimestamp}`;
  const bySlot = new Map<number, string>();
  const slots = new Map<string, number>();

  function of(slot: number): string {
    const known = bySlot.get(slot);
    if (known !== undefined) return known;
    const hash = hashText(`block/${name}/${slot}`);
    bySlot.set(slot, hash);
    slots.set(hash, slot);
    const stale = slot - 2 * BLOCKHASH_VALID_BLOCKS;
    const staleHash = bySlot.get(stale);
    if (staleHash !== undefined) {
      bySlot.delete(stale);
      slots.delete(staleHash);
    }
    return hash;
  }

  return {
    genesisHash: hashText(`genesis/${name}`),
    of,
    slotOf(blockhash, slot) {
      const from = slots.get(blockhash);
      return from === undefined || from > slot || slot - from > BLOCKHASH_VALID_BLOCKS ? undefined : from;
    },
  };
}

function hashText(text: string): string {
  return bs58.encode(createHash('sha256').update(text).digest());
}
