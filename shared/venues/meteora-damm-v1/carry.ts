import type { DammV1State, VaultSide } from './state.ts';

/**
 * `other` once the swap that left `settled` has paid into one vault and out of the other: what both pools' vaults have
 * in common is told by the vault, and the shares of `other` stay its own. `other` itself where they share no vault.
 */
export function carry(settled: DammV1State, other: DammV1State): DammV1State {
  const sideA = carried(settled, other.sideA);
  const sideB = carried(settled, other.sideB);
  if (sideA === undefined && sideB === undefined) return other;
  return {
    ...other,
    sideA: sideA ?? { ...other.sideA },
    sideB: sideB ?? { ...other.sideB },
    bytesA: { ...other.bytesA },
    bytesB: { ...other.bytesB },
    moment: undefined,
  };
}

function carried({ sideA, sideB }: DammV1State, side: VaultSide): VaultSide | undefined {
  const moved = side.vault === sideA.vault ? sideA : side.vault === sideB.vault ? sideB : undefined;
  if (moved === undefined) return undefined;
  const { figures, reserve, lpSupply } = moved;
  return { ...side, figures, reserve, lpSupply };
}
