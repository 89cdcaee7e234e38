import bs58 from 'bs58';
import { text } from './params.ts';
import { invalidParams } from './rpc-error.ts';

/** A signature's text. Throws invalid params when it is not 64 bytes in base58. */
export function signatureText(value: unknown): string {
  const bytes = bs58.decodeUnsafe(text(value));
  if (bytes === undefined) throw invalidParams('Invalid param: Invalid');
  if (bytes.length !== 64) throw invalidParams('Invalid param: WrongSize');
  return value as string;
}
