import bs58 from 'bs58';
import { ArbError } from '../../../core/errors.ts';
import type { Bank } from '../../chain/bank.ts';
import { readRules } from '../../chain/chain-rules.ts';
import { SLOTS_PER_EPOCH } from '../../chain/clock-sysvar.ts';
import { contextSlot, inContext, NODE_VERSION } from './context.ts';
import type { RpcMethod, RpcMethods } from './dispatch.ts';
import type { Json } from './json-text.ts';
import { config, needParams, text, unsigned } from './params.ts';
import { invalidParams } from './rpc-error.ts';

/** A validator keeps samples of half a day. */
const MAX_SAMPLES = 720;
const SAMPLE_SECONDS = 60;

/** The methods about the chain itself. `pacedMs` says how long a slot takes where the chain's rules do not. */
export function chainMethods(bank: Bank, pacedMs?: number): RpcMethods {
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
    ['simChangeChain', (params) => changeChain(bank, config(params[0]))],
    ['getAgGenesisCert', () => genesisCertificate(bank)],
    ['getRecentPerformanceSamples', (params) => performanceSamples(bank, pacedMs, params[0])],
    [
      'getMinimumBalanceForRentExemption',
      (params) => {
        needParams(params, 1);
        return bank.rent(unsigned(params[0]));
      },
    ],
  ]);
}

/** Of the local node alone: changes what the chain is from the open slot on; answers with what it is then. */
function changeChain(bank: Bank, fields: Readonly<Record<string, unknown>>): Json {
  try {
    bank.change(readRules(fields));
  } catch (thrown) {
    if (thrown instanceof ArbError && thrown.code === 'sim-rules-invalid')
      throw invalidParams(thrown.message);
    throw thrown;
  }
  return { ...bank.rules, slot: bank.slot };
}

/** The certificate over the block that Alpenglow began after; null while the chain does not run it. */
function genesisCertificate({ alpenglowGenesis, blockhashOf }: Bank): Json {
  if (alpenglowGenesis === undefined) return null;
  const blockId = [...bs58.decode(blockhashOf(alpenglowGenesis).blockhash)];
  return {
    block: { slot: alpenglowGenesis, blockId },
    signature: { signature: Array.from({ length: 192 }, () => 7), bitmap: [1, 128] },
  };
}

/** The last minutes, newest first. Under Tower every slot holds a vote beside what others sent. */
function performanceSamples(bank: Bank, pacedMs: number | undefined, limit: unknown): Json {
  const count = limit === undefined || limit === null ? MAX_SAMPLES : unsigned(limit);
  if (count > MAX_SAMPLES) throw invalidParams(`Invalid limit; max ${MAX_SAMPLES}`);
  let slot = bank.slotAt('processed');
  return Array.from({ length: count }, (_, minutesAgo) => {
    const numSlots =
      pacedMs === undefined
        ? bank.slotsInMinute(minutesAgo)
        : Math.max(1, Math.round((SAMPLE_SECONDS * 1_000) / pacedMs));
    const votes = bank.rules.consensus === 'alpenglow' ? 0 : numSlots;
    const sample = {
      numNonVoteTransactions: bank.transactionCount,
      numSlots,
      numTransactions: bank.transactionCount + votes,
      samplePeriodSecs: SAMPLE_SECONDS,
      slot,
    };
    slot -= numSlots;
    return sample;
  });
}
