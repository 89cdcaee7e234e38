import { createRequire } from 'node:module';
import {
  AddressLookupTableAccount,
  PublicKey,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import bs58 from 'bs58';
import type { Address } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { U64_MAX } from '../../../core/units.ts';
import type { V1Config } from '../../../execution/build/encode-v1.ts';
import type { LookupTable } from '../../../execution/build/lookup-table.ts';
import { LITESVM_FOLDER } from './module.ts';

/** Other people's encoders, that ours are held against: transactions whose signatures are left empty. */

export interface OutsideParts {
  readonly payer: Address;
  readonly instructions: readonly Instruction[];
  readonly blockhash: Uint8Array;
}

/** The part of @solana/kit that is used here: the same in versions 6.10 and 8. */
interface Kit {
  compileTransaction(message: unknown): unknown;
  getTransactionEncoder(): { encode(transaction: unknown): Uint8Array };
}

const WRITABLE = 1;
const SIGNER = 2;

/** Version 0 by @solana/web3.js. Throws its RangeError where the bytes fit no packet. */
export function bytesByWeb3(
  { payer, instructions, blockhash }: OutsideParts,
  tables: readonly LookupTable[],
): Uint8Array {
  const message = new TransactionMessage({
    payerKey: new PublicKey(payer),
    recentBlockhash: bs58.encode(blockhash),
    instructions: instructions.map(
      ({ programId, accounts, data }) =>
        new TransactionInstruction({
          programId: new PublicKey(programId),
          keys: accounts.map(({ address, isSigner, isWritable }) => ({
            pubkey: new PublicKey(address),
            isSigner,
            isWritable,
          })),
          data: Buffer.from(data),
        }),
    ),
  });
  const accounts = tables.map(
    ({ address, addresses }) =>
      new AddressLookupTableAccount({
        key: new PublicKey(address),
        state: {
          deactivationSlot: U64_MAX,
          lastExtendedSlot: 0,
          lastExtendedSlotStartIndex: 0,
          addresses: addresses.map((one) => new PublicKey(one)),
        },
      }),
  );
  return new VersionedTransaction(message.compileToV0Message(accounts)).serialize();
}

/** Version 1 by the @solana/kit 8 that `npm run prove:install` puts beside LiteSVM, or by another that is handed in. */
export function bytesByKit(
  { payer, instructions, blockhash }: OutsideParts,
  { priorityFeeLamports, computeUnitLimit, loadedDataLimit, heapBytes }: V1Config,
  load: NodeJS.Require = createRequire(`${LITESVM_FOLDER}/package.json`),
): Uint8Array {
  const kit = load('@solana/kit') as Kit;
  const compiled = kit.compileTransaction({
    version: 1,
    feePayer: { address: payer },
    lifetimeConstraint: { blockhash: bs58.encode(blockhash), lastValidBlockHeight: 1n },
    config: {
      ...(priorityFeeLamports === undefined ? {} : { priorityFeeLamports }),
      ...(computeUnitLimit === undefined ? {} : { computeUnitLimit }),
      ...(loadedDataLimit === undefined ? {} : { loadedAccountsDataSizeLimit: loadedDataLimit }),
      ...(heapBytes === undefined ? {} : { heapSize: heapBytes }),
    },
    instructions: instructions.map(({ programId, accounts, data }) => ({
      programAddress: programId,
      accounts: accounts.map(({ address, isSigner, isWritable }) => ({
        address,
        role: (isSigner ? SIGNER : 0) + (isWritable ? WRITABLE : 0),
      })),
      data,
    })),
  });
  return Uint8Array.from(kit.getTransactionEncoder().encode(compiled));
}
