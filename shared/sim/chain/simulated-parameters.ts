import { ASSUMED_CHAIN, type ChainParameters, withChainValues } from '../../core/chain-parameters.ts';
import type { Bank } from './bank.ts';

/** What a local chain is in its open slot, as who needs no wire reads it. */
export function simulatedParameters(bank: Bank): ChainParameters {
  const { slotMs, rentLamportsPerByte, transactionVersion, consensus } = bank.rules;
  const values = {
    slotMicros: slotMs * 1_000,
    rentLamportsPerByte,
    transactionVersion,
    alpenglow: consensus === 'alpenglow',
  };
  const atMs = bank.clock().unixTimestamp * 1_000;
  return withChainValues(ASSUMED_CHAIN, values, { source: 'simulated', slot: bank.slot, atMs });
}
