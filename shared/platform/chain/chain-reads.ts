import type { Address } from '../../core/address.ts';
import {
  ACCOUNT_OVERHEAD_BYTES,
  ASSUMED_CHAIN,
  type ChainParameterName,
  type ChainValues,
} from '../../core/chain-parameters.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import { SYSVAR_PROGRAM } from '../../market/chain-clock.ts';
import type { RpcPool } from '../rpc/pool/rpc-pool.ts';
import { arrayOf, integerOf, objectOf } from '../rpc/rpc-answer.ts';
import { outOfBounds } from './bounds.ts';

const RENT_SYSVAR = 'SysvarRent111111111111111111111111111111111' as Address;
const FEATURE_PROGRAM = 'Feature111111111111111111111111111111111111' as Address;
/** SIMD-0385: transactions of version 1. */
const VERSION_1_FEATURE = 'txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL' as Address;
/** So many account locks a transaction instead of what was assumed. */
const MORE_LOCKS = 128;
const MORE_LOCKS_FEATURE = '9LZdXeKGeBV6hRLdxS1rHbHoEUsKqesCC2ZAPTPKJAbK' as Address;
const RENT_BYTES = 17;
const TOKEN_ACCOUNT_BYTES = 165;
const METHOD_NOT_FOUND = -32_601;
const SAME_BLOCK_TRIES = 3;

/** What one round of questions gave. */
export interface ChainReading {
  readonly values: Readonly<Partial<ChainValues>>;
  /** The method or account that each value came from. */
  readonly sources: Readonly<Partial<Record<ChainParameterName, string>>>;
  /** Slot that the values hold at, as far as one was told; 0 where none was. */
  readonly slot: number;
  /** What could not be read, or was refused, and why. */
  readonly problems: Readonly<Partial<Record<ChainParameterName, string>>>;
}

export type ChainRpc = Pick<RpcPool, 'call' | 'getMultipleAccounts' | 'getLatestBlockhash'>;

/**
 * Asks the chain what it is. Never throws: what fails or cannot be is among the problems, each under its parameter, and
 * all the rest counts.
 */
export async function readChain(rpc: ChainRpc, signal?: AbortSignal): Promise<ChainReading> {
  const values: { -readonly [Name in ChainParameterName]?: ChainValues[Name] } = {};
  const sources: Partial<Record<ChainParameterName, string>> = {};
  const problems: Partial<Record<ChainParameterName, string>> = {};
  let slot = 0;

  const options = { kind: 'read', priority: 'reports', ...(signal && { signal }) } as const;

  function take<Name extends ChainParameterName>(name: Name, value: ChainValues[Name], source: string): void {
    const problem = outOfBounds(name, value);
    if (problem !== '') {
      problems[name] = `${source}: ${problem}`;
      return;
    }
    values[name] = value;
    sources[name] = source;
  }

  async function attempt(names: readonly ChainParameterName[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      for (const name of names) problems[name] ??= errorText(error);
    }
  }

  const samples = attempt(['slotMicros'], async () => {
    const method = 'getRecentPerformanceSamples';
    const slotMicros = await rpc.call(method, [1], options, (reader, result) => {
      const [sample] = arrayOf(reader, result, 'result');
      if (sample === undefined) return undefined;
      const { numSlots, samplePeriodSecs } = objectOf(reader, sample, 'result[0]');
      const slots = integerOf(reader, numSlots, 'result[0].numSlots');
      const seconds = integerOf(reader, samplePeriodSecs, 'result[0].samplePeriodSecs');
      return slots === 0 ? undefined : (seconds * 1e6) / slots;
    });
    if (slotMicros === undefined)
      problems.slotMicros = `${method}: the node has no sample with slots in it yet`;
    else take('slotMicros', slotMicros, method);
  });

  const accounts = attempt(['rentLamportsPerByte', 'transactionVersion', 'transactionAccounts'], async () => {
    const asked = [RENT_SYSVAR, VERSION_1_FEATURE, MORE_LOCKS_FEATURE];
    const answer = await rpc.getMultipleAccounts(asked, { priority: 'reports', ...(signal && { signal }) });
    slot = Math.max(slot, answer.slot);
    const [rent, version1, moreLocks] = answer.accounts;
    const isActive = (feature: typeof rent): boolean =>
      feature?.owner === FEATURE_PROGRAM && feature.data[0] === 1;
    take('transactionVersion', isActive(version1) ? 1 : 0, 'feature account');
    // The form comes with its own length (SIMD-0296); that of the older forms is what one packet carries.
    if (isActive(version1)) take('transactionBytesV1', ASSUMED_CHAIN.transactionBytesV1, 'feature account');
    take(
      'transactionAccounts',
      isActive(moreLocks) ? MORE_LOCKS : ASSUMED_CHAIN.transactionAccounts,
      'feature account',
    );
    if (rent?.owner !== SYSVAR_PROGRAM || rent.data.length < RENT_BYTES) {
      problems.rentLamportsPerByte = 'the Rent sysvar account is not one';
      return;
    }
    const view = new DataView(rent.data.buffer, rent.data.byteOffset, rent.data.byteLength);
    // Two years' worth of what a year costs before SIMD-0194, once what a byte costs since.
    const perByte = Number(view.getBigUint64(0, true)) * view.getFloat64(8, true);
    if (!Number.isFinite(perByte)) problems.rentLamportsPerByte = 'the Rent sysvar account holds no rent';
    else take('rentLamportsPerByte', BigInt(Math.floor(perByte)), 'Rent sysvar');
  });

  const least = attempt([], async () => {
    const method = 'getMinimumBalanceForRentExemption';
    const lamports = await rpc.call(method, [TOKEN_ACCOUNT_BYTES], options, (reader, result) =>
      integerOf(reader, result, 'result'),
    );
    await accounts;
    const told = values.rentLamportsPerByte;
    const bytes = ACCOUNT_OVERHEAD_BYTES + TOKEN_ACCOUNT_BYTES;
    if (told === undefined || told === BigInt(Math.floor(lamports / bytes))) return;
    // Between two answers of one round it may have stepped: the next round says.
    delete values.rentLamportsPerByte;
    problems.rentLamportsPerByte = `${method} says ${lamports} lamports for ${TOKEN_ACCOUNT_BYTES} bytes, the Rent sysvar ${told} a byte`;
  });

  const blocks = attempt(['slotsPerEpoch', 'blockhashBlocks'], async () => {
    const method = 'getEpochInfo';
    for (let tries = 0; tries < SAME_BLOCK_TRIES && values.blockhashBlocks === undefined; tries++) {
      const epoch = await rpc.call(method, [{ commitment: 'processed' }], options, (reader, result) => {
        const body = objectOf(reader, result, 'result');
        const field = (name: string): number => integerOf(reader, body[name], `result.${name}`);
        return { slot: field('absoluteSlot'), height: field('blockHeight'), slots: field('slotsInEpoch') };
      });
      slot = Math.max(slot, epoch.slot);
      take('slotsPerEpoch', epoch.slots, method);
      const latest = await rpc.getLatestBlockhash({ priority: 'reports', ...(signal && { signal }) });
      // Only at one and the same block do the two say how many blocks may follow.
      if (latest.slot === epoch.slot) {
        take('blockhashBlocks', latest.lastValidBlockHeight - epoch.height, 'getLatestBlockhash');
        return;
      }
    }
  });

  const consensus = attempt(['alpenglow'], async () => {
    const method = 'getAgGenesisCert';
    try {
      const genesis = await rpc.call(method, [], options, (reader, result) => {
        if (result === null) return undefined;
        const { block } = objectOf(reader, result, 'result');
        return integerOf(reader, objectOf(reader, block, 'result.block').slot, 'result.block.slot');
      });
      take('alpenglow', genesis !== undefined, method);
    } catch (error) {
      const unknown = error instanceof ArbError && error.context.code === METHOD_NOT_FOUND;
      if (!unknown) throw error;
      // The node is too old to say: that says nothing of the chain.
      problems.alpenglow = `${method}: the node does not know the method`;
    }
  });

  await Promise.all([samples, accounts, least, blocks, consensus]);
  return { values, sources, slot, problems };
}
