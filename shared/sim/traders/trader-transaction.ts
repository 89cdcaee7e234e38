import { createHash } from 'node:crypto';
import { type Message, PublicKey, TransactionMessage, VersionedTransaction } from '@solana/web3.js';
import bs58 from 'bs58';
import { type Address, addressAt } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { encodeV1Message } from '../../execution/build/encode-v1.ts';
import type { SwapCall } from '../../venues/local/local-venue.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import type { Bank } from '../chain/bank.ts';
import { tokenBalances } from '../chain/token-balances.ts';
import type { LandedTransaction } from '../chain/transaction.ts';

const FEE_LAMPORTS = 5_000n;
/** Of so many transactions one is of version 1. */
const V1_EVERY = 3;

const named = (name: string): Address => addressAt(createHash('sha256').update(name).digest());
const OWNER = named('trader');

/** What a trader's swap asks of a pool, as an instruction of the trader's would. */
export function traderSwap(pool: Address, aToB: boolean, amountIn: bigint): SwapCall {
  const tokenA = named(`trader/${pool}/a`);
  const tokenB = named(`trader/${pool}/b`);
  return { pool, owner: OWNER, tokenA, tokenB, aToB, amountIn, minAmountOut: 0n };
}

/**
 * The transaction by which a trader's swap of an order book would have come: with the program's log of its fills, so
 * that whoever follows fills reads them here as on a chain. The traders' pockets have no accounts of their own, and
 * the signature is a number that names it, proving nothing.
 */
export function traderTransaction(parts: {
  readonly bank: Bank;
  readonly venue: Venue;
  readonly state: PoolState;
  readonly swap: SwapCall;
  /** The program's log of it. */
  readonly inner: readonly Instruction[];
  readonly computeUnits: number;
  /** Makes the signature unique. */
  readonly sequence: number;
}): LandedTransaction {
  const { bank, venue, state, swap, inner } = parts;
  const { slot } = bank;
  const asked = venue.swap(state, swap);
  const { blockhash } = bank.latestBlockhash();
  const message = new TransactionMessage({
    payerKey: new PublicKey(swap.owner),
    recentBlockhash: blockhash,
    instructions: [
      {
        programId: new PublicKey(asked.programId),
        keys: asked.accounts.map(({ address, isSigner, isWritable }) => ({
          pubkey: new PublicKey(address),
          isSigner,
          isWritable,
        })),
        data: Buffer.from(asked.data),
      },
    ],
  }).compileToLegacyMessage();
  // The chain's traders send what the chain takes: some of it in the newest form.
  const isV1 = bank.rules.transactionVersion === 1 && parts.sequence % V1_EVERY === 0;
  const signature = createHash('sha512').update(`trader/${slot}/${parts.sequence}`).digest();
  const accountKeys = message.accountKeys.map((key) => key.toBase58() as Address);
  const balances = tokenBalances(accountKeys, bank.get);
  const lamports = accountKeys.map((key) => bank.get(key)?.lamports ?? 0n);
  return {
    transaction: {
      signature: bs58.encode(signature),
      signatureCount: 1,
      feePayer: swap.owner,
      recentBlockhash: blockhash,
      accountKeys,
      instructions: [asked],
      wire: isV1 ? v1Wire(message, signature) : new VersionedTransaction(message, [signature]).serialize(),
    },
    result: {
      slot,
      landed: true,
      err: null,
      logs: logsOf(venue.programId, inner.length),
      inner: inner.map((instruction) => ({ index: 0, stackHeight: 2, instruction })),
      unitsConsumed: parts.computeUnits,
      feeLamports: FEE_LAMPORTS,
      unitPriceMicroLamports: 0n,
      preBalances: lamports,
      postBalances: lamports,
      preTokenBalances: balances,
      postTokenBalances: balances,
      writes: [],
    },
  };
}

/** The same message as one of version 1, with a limit of units and no priority fee. */
function v1Wire(message: Message, signature: Uint8Array): Uint8Array {
  const { bytes: signed } = encodeV1Message({
    header: message.header,
    config: { computeUnitLimit: 400_000 },
    blockhash: bs58.decode(message.recentBlockhash),
    addresses: message.accountKeys.map((key) => key.toBase58() as Address),
    instructions: message.compiledInstructions,
  });
  return Buffer.concat([signed, signature]);
}

function logsOf(programId: Address, calls: number): readonly string[] {
  const call = [`Program ${programId} invoke [2]`, `Program ${programId} success`];
  return [
    `Program ${programId} invoke [1]`,
    'Program log: Instruction: Swap',
    ...Array.from({ length: calls }, () => call).flat(),
    `Program ${programId} success`,
  ];
}
