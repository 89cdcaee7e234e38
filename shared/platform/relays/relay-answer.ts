import { ArbError } from '../../core/errors.ts';
import type { RefusalKind } from '../http/refusal.ts';

/** What kind of service stands behind an address: the same words mean different things at each. */
export type RelayKind = 'jito' | 'helius-sender' | 'rpc';

/** All that is known of one send that did not end in a good answer. What was not said is absent. */
export interface RelayAnswer {
  readonly relay: RelayKind;
  /** The request surely did not leave this machine. */
  readonly unsent: boolean;
  /** A good status, and an answer that is not one to this call. */
  readonly isOdd?: boolean;
  /** HTTP status, of a refusal. */
  readonly status?: number;
  /** Of a JSON-RPC error. */
  readonly code?: number;
  readonly grpcCode?: number;
  /** What a refusal is about, for pacing and health: it proves nothing. Absent where nobody refused. */
  readonly kind?: RefusalKind;
  /** The relay's own words, or what is wrong with its answer. May be shown. */
  readonly text: string;
}

/** The answer behind what a call threw. Anything but a coded error is a fault of this program, and is thrown on. */
export function answerOfFault(relay: RelayKind, thrown: unknown): RelayAnswer {
  if (!(thrown instanceof ArbError)) throw thrown;
  const { status, code, grpcCode, kind, unsent, message, why, problem } = thrown.context;
  const words = [message, problem, why].find((text) => typeof text === 'string' && text !== '');
  return {
    relay,
    // Shed or late at our own limit: it has not gone yet.
    unsent: unsent === true || thrown.code === 'rpc-shed' || thrown.code === 'rpc-no-endpoint',
    ...(thrown.code === 'rpc-bad-answer' ? { isOdd: true } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof code === 'number' ? { code } : {}),
    ...(typeof grpcCode === 'number' ? { grpcCode } : {}),
    ...(typeof kind === 'string' ? { kind: kind as RefusalKind } : {}),
    text: typeof words === 'string' ? words : thrown.message,
  };
}
