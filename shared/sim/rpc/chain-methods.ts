import { rentExemptLamports } from '../../venues/token.ts';
import type { Bank } from '../bank.ts';
import { SLOTS_PER_EPOCH } from '../clock-sysvar.ts';
import { contextSlot, inContext, NODE_VERSION } from './context.ts';
import type { RpcMethod, RpcMethods } from './dispatch.ts';
import { config, needParams, text, unsigned } from './params.ts';

/** The methods about the chain itself. */
export function chainMethods(bank: Bank): RpcMethods {
  const slotOf = (params: readonly unknown[]): number => contextSlot(bank, config(params[0]));
  return new Map<string, RpcMethod>([
    ['getSlot', slotOf],
    ['getBlockHeight', (params) => bank.blockHeightAt(slotOf(params))],
    ['getHealth', () => 'ok'],
    ['getVersion', () => ({ 'feature-set': 0, 'solana-core': NODE_VERSION })],
    ['getGenesisHash', () => bank.genesisHash],
    [
      'getEpochInfo',
      (params) => {
        const slot = slotOf(params);
        return {
          absoluteSlot: slot,
          blockHeight: bank.blockHeightAt(slot),
          epoch: bank.clockAt(slot).epoch,
          slotIndex: slot % SLOTS_PER_EPOCH,
          slotsInEpoch: SLOTS_PER_EPOCH,
          transactionCount: bank.transactionCount,
        };
      },
    ],
    [
      'getLatestBlockhash',
      (params) => {
        const slot = slotOf(params);
        const { blockhash, lastValidBlockHeight } = bank.blockhashOf(slot);
        return inContext(slot, { blockhash, lastValidBlockHeight });
      },
    ],
    [
      'isBlockhashValid',
      (params) => {
        needParams(params, 1);
        const blockhash = text(params[0]);
        const slot = contextSlot(bank, config(params[1]));
        return inContext(slot, bank.isBlockhashValid(blockhash, slot));
      },
    ],
    [
      'getMinimumBalanceForRentExemption',
      (params) => {
        needParams(params, 1);
        return rentExemptLamports(unsigned(params[0]));
      },
    ],
  ]);
}
