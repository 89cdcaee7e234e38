import type { Bank, Commitment } from '../../chain/bank.ts';
import { type Json, jsonText } from './json-text.ts';
import { type Config, choice, unsigned } from './params.ts';
import { MIN_CONTEXT_SLOT_NOT_REACHED, rpcError } from './rpc-error.ts';

/** What getVersion says. Not a release of Agave: a caller that looks can tell the local node by it. */
export const NODE_VERSION = '3.0.0-local';
const COMMITMENTS: readonly Commitment[] = ['processed', 'confirmed', 'finalized'];

/** The commitment asked for; finalized when none is, as a validator does. */
export function readCommitment(settings: Config, field = 'commitment'): Commitment {
  return choice(settings[field], COMMITMENTS, 'finalized');
}

/** The slot to answer from. Throws -32016 when it is below `minContextSlot`. */
export function contextSlot(bank: Bank, settings: Config, field = 'commitment'): number {
  const slot = bank.slotAt(readCommitment(settings, field));
  if (settings.minContextSlot !== undefined && settings.minContextSlot !== null) {
    if (slot < unsigned(settings.minContextSlot)) {
      throw rpcError(MIN_CONTEXT_SLOT_NOT_REACHED, 'Minimum context slot has not been reached', {
        contextSlot: slot,
      });
    }
  }
  return slot;
}

/** A value with the slot it was read at. */
export function inContext(slot: number, value: Json): Json {
  return { context: { apiVersion: NODE_VERSION, slot }, value };
}

/** The text of a notification, `result` being JSON text already. */
export function notificationText(method: string, resultText: string, subscription: number): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":{"result":${resultText},"subscription":${subscription}}}`;
}

/** A notification's result with its slot; unlike an answer's context it names no version. */
export function noticeText(slot: number, value: Json): string {
  return `{"context":{"slot":${slot}},"value":${jsonText(value)}}`;
}
