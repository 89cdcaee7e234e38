import { ArbError } from '../../core/errors.ts';
import { MIN_CONTEXT_SLOT_NOT_REACHED } from '../rpc-retry.ts';
import { isThrottled } from './endpoint.ts';

/** A read changes nothing and may be asked twice. A write whose answer was lost may have been done. */
export type CallKind = 'read' | 'write';

/**
 * What a failed attempt means for the call: `final` ends it; `elsewhere` is worth another endpoint, not the same
 * again; `again` may pass; `throttled` waits for the limit; `behind` waits for the slot.
 */
export type CallFault = 'final' | 'elsewhere' | 'again' | 'throttled' | 'behind';

/** Block not available, node behind, status not there yet, internal fault, overloaded. */
const PASSING_CODES: readonly number[] = [-32004, -32005, -32014, -32603];
/** Method not found, not in this node's index, history not kept here. */
const OF_THIS_NODE: readonly number[] = [-32601, -32010, -32011];

export function faultOf(thrown: unknown, kind: CallKind): CallFault {
  if (!(thrown instanceof ArbError)) return 'final';
  // Refused before it was done.
  if (isThrottled(thrown)) return 'throttled';
  if (kind === 'write') return thrown.context.unsent === true ? 'again' : 'final';
  const { code, status } = thrown.context;
  switch (thrown.code) {
    case 'rpc-bad-answer':
      return 'elsewhere';
    case 'rpc-error':
      if (code === MIN_CONTEXT_SLOT_NOT_REACHED) return 'behind';
      if (PASSING_CODES.includes(Number(code)) || Number(status) >= 500) return 'again';
      return OF_THIS_NODE.includes(Number(code)) ? 'elsewhere' : 'final';
    case 'rpc-unreachable':
      // Some other HTTP status: wrong key, wrong path.
      return status === undefined || status === 408 || Number(status) >= 500 ? 'again' : 'elsewhere';
    default:
      return 'final';
  }
}
