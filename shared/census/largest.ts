/** The largest of any number of amounts, few kept: how much of a sum hangs on how few. */
export interface Largest {
  add(amount: bigint): void;
  /** Largest first. */
  readonly kept: readonly bigint[];
  /** How many of the largest come to that share of `total`; undefined when it takes more than are kept. */
  carrying(total: bigint, sharePercent: bigint): number | undefined;
}

export function createLargest(most: number): Largest {
  const kept: bigint[] = [];
  return {
    kept,
    add(amount) {
      if (kept.length === most && amount <= kept[most - 1]!) return;
      let at = kept.length;
      while (at > 0 && kept[at - 1]! < amount) at -= 1;
      kept.splice(at, 0, amount);
      if (kept.length > most) kept.pop();
    },
    carrying(total, sharePercent) {
      let sum = 0n;
      for (let i = 0; i < kept.length; i++) {
        sum += kept[i]!;
        if (sum * 100n >= total * sharePercent) return i + 1;
      }
      return undefined;
    },
  };
}
