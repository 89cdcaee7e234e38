import { ArbError } from '../../../core/errors.ts';
import type { RefusalKind } from '../../http/refusal.ts';

/** A read changes nothing and may be asked twice. A write whose answer was lost may have been done. */
export type CallKind = 'read' | 'write';

/**
 * What a failed attempt means for the call: `final` ends it; `doubted` ends it once another endpoint says so too;
 * `elsewhere` is worth another endpoint, not the same again; `again` may pass; `throttled` waits for the limit; `behind`
 * waits for the slot.
 */
export type CallFault = 'final' | 'doubted' | 'elsewhere' | 'again' | 'throttled' | 'behind';

const OF_REFUSED_READ: Readonly<Record<RefusalKind, CallFault>> = {
  rate: 'throttled',
  plan: 'elsewhere',
  key: 'elsewhere',
  gone: 'elsewhere',
  size: 'elsewhere',
  busy: 'again',
  behind: 'behind',
  'not-here': 'elsewhere',
  request: 'doubted',
  unknown: 'elsewhere',
};

/** A write that was refused before it was looked at was surely not done. */
const OF_REFUSED_WRITE: Readonly<Record<RefusalKind, CallFault>> = {
  rate: 'throttled',
  plan: 'elsewhere',
  key: 'elsewhere',
  gone: 'elsewhere',
  size: 'elsewhere',
  busy: 'final',
  behind: 'final',
  'not-here': 'final',
  request: 'final',
  unknown: 'final',
};

export function faultOf(thrown: unknown, kind: CallKind): CallFault {
  if (!(thrown instanceof ArbError)) return 'final';
  const refused = refusalOf(thrown);
  if (refused !== undefined) return (kind === 'read' ? OF_REFUSED_READ : OF_REFUSED_WRITE)[refused];
  if (kind === 'write') return thrown.context.unsent === true ? 'again' : 'final';
  if (thrown.code === 'rpc-bad-answer') return 'elsewhere';
  return thrown.code === 'rpc-unreachable' ? 'again' : 'final';
}

/** What the refusal is about; undefined where the endpoint did not refuse. */
export function refusalOf(thrown: unknown): RefusalKind | undefined {
  if (!(thrown instanceof ArbError)) return undefined;
  const { kind } = thrown.context;
  return typeof kind === 'string' && kind in OF_REFUSED_READ ? (kind as RefusalKind) : undefined;
}

/** "Too many requests", however the provider said it. */
export function isThrottled(thrown: unknown): boolean {
  return refusalOf(thrown) === 'rate';
}
