import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf } from '../../local/previous-bytes.ts';
import { writeSwapFigures } from '../layout.ts';
import type { CpmmState } from '../state.ts';

/** The pool account of a settled state over its previous bytes. The observation account, which no quote reads, is left as it was. */
export function write(state: CpmmState, source: AccountSource): readonly AccountWrite[] {
  const account = copyOf(state.address, source);
  writeSwapFigures(account.data, state.figures);
  return [{ address: state.address, account }];
}
