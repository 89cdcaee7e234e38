import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf } from '../../local/previous-bytes.ts';
import { withTokenAmount } from '../../token/token.ts';
import type { DammV1State, VaultSide } from '../state.ts';
import { writeSwapFigures } from './encode.ts';
import { withMintSupply, writeTotalAmount } from './encode-vault.ts';

/** The pool and, of each side, the vault, its LP mint and the pool's account of LP tokens, over their previous bytes. */
export function write(state: DammV1State, source: AccountSource): readonly AccountWrite[] {
  const pool = copyOf(state.address, source);
  writeSwapFigures(pool.data, state.figures);
  return [
    { address: state.address, account: pool },
    ...sideWrites(state.sideA, source),
    ...sideWrites(state.sideB, source),
  ];
}

function sideWrites(side: VaultSide, source: AccountSource): readonly AccountWrite[] {
  const vault = copyOf(side.vault, source);
  writeTotalAmount(vault.data, side.figures.totalAmount);
  return [
    { address: side.vault, account: vault },
    { address: side.lpMint, account: withMintSupply(copyOf(side.lpMint, source), side.lpSupply) },
    { address: side.poolLp, account: withTokenAmount(copyOf(side.poolLp, source), side.poolLpAmount) },
  ];
}
