import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { previousOf } from '../../local/previous-bytes.ts';
import type { PhoenixState } from '../state.ts';
import { matchBytes } from './match-bytes.ts';

/**
 * The market account of a settled state. Its bytes are worked out from those that the state was read from, and kept,
 * so that the next swap begins there; `source` gives what else the account has.
 */
export function write(state: PhoenixState, source: AccountSource): readonly AccountWrite[] {
  const before = previousOf(state.address, source);
  if (state.pending.length > 0) {
    const data = state.data.slice();
    for (const swap of state.pending) matchBytes(data, state.facts, swap);
    state.data = data;
    state.pending = [];
  }
  return [{ address: state.address, account: { ...before, data: state.data } }];
}
