import type { Bank } from '../../chain/bank.ts';
import type { LandedTransaction } from '../../chain/transaction.ts';
import { readCommitment } from './context.ts';
import type { Json } from './json-text.ts';
import { config, needParams, pubkey, unsigned } from './params.ts';
import { invalidParams } from './rpc-error.ts';
import { signatureText } from './signature-text.ts';

const MAX_LIMIT = 1_000;

/**
 * The transactions that name an account, newest first: those of the last 300 slots. `before` and `until` are
 * signatures, neither of them in the answer.
 */
export function getSignaturesForAddress(bank: Bank, keptSlots: number, params: readonly unknown[]): Json {
  needParams(params, 1);
  const address = pubkey(params[0]);
  const settings = config(params[1]);
  const commitment = readCommitment(settings);
  if (commitment === 'processed') throw invalidParams('Method does not support commitment below `confirmed`');
  const { before, until } = settings;
  if (before !== undefined && before !== null) signatureText(before);
  if (until !== undefined && until !== null) signatureText(until);
  const limit =
    settings.limit === undefined || settings.limit === null ? MAX_LIMIT : unsigned(settings.limit);
  if (limit === 0 || limit > MAX_LIMIT) {
    throw invalidParams(`Invalid limit; max ${MAX_LIMIT}`);
  }
  const found: Json[] = [];
  let skipping = before !== undefined && before !== null;
  const newest = bank.slotAt(commitment);
  for (let slot = newest; slot > newest - keptSlots && slot >= bank.startSlot; slot--) {
    const landed = bank.landedIn(slot);
    for (let i = landed.length - 1; i >= 0; i--) {
      const { signature, accountKeys } = landed[i]!.transaction;
      if (signature === until || found.length === limit) return found;
      if (!skipping && accountKeys.includes(address)) found.push(entry(bank, landed[i]!));
      if (signature === before) skipping = false;
    }
  }
  return found;
}

function entry(bank: Bank, { transaction, result }: LandedTransaction): Json {
  return {
    blockTime: bank.clockAt(result.slot).unixTimestamp,
    confirmationStatus: result.slot <= bank.slotAt('finalized') ? 'finalized' : 'confirmed',
    err: result.err as Json,
    memo: null,
    signature: transaction.signature,
    slot: result.slot,
  };
}
