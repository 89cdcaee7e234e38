import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf } from '../../local/previous-bytes.ts';
import { writeSwapFigures } from '../layout.ts';
import type { AmmV4State } from '../state.ts';

/** The pool account of a settled state over its previous bytes. */
export function write(state: AmmV4State, source: AccountSource): readonly AccountWrite[] {
  const account = copyOf(state.address, source);
  writeSwapFigures(account.data, state.figures);
  return [{ address: state.address, account }];
}
