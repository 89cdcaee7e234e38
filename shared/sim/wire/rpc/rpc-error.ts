import { ArbError } from '../../../core/errors.ts';
import { type Json, jsonText } from './json-text.ts';

export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const PREFLIGHT_FAILURE = -32_002;
export const SIGNATURE_VERIFICATION_FAILURE = -32_003;
export const UNSUPPORTED_TRANSACTION_VERSION = -32_015;
export const MIN_CONTEXT_SLOT_NOT_REACHED = -32_016;

/** The error object that a caller of the node gets: thrown by a method, answered by the dispatcher. */
export function rpcError(code: number, message: string, data?: Json): ArbError {
  return new ArbError('rpc-refused', message, {
    rpcCode: code,
    data: data === undefined ? undefined : jsonText(data),
  });
}

export function invalidParams(message: string): ArbError {
  return rpcError(INVALID_PARAMS, message);
}
