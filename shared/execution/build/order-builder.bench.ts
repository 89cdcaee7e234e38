import {
  AddressLookupTableAccount,
  Keypair,
  PublicKey,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import bs58 from 'bs58';
import type { Bench } from '../../bench/harness.ts';
import type { Address } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { U64_MAX } from '../../core/units.ts';
import { createEd25519Signer } from '../../platform/keys/ed25519-signer.ts';
import { termsOf } from '../../risk/approve.ts';
import { orderInstructions } from './order-instructions.ts';
import { signTransaction } from './signer.ts';
import { ATTEMPT, testOrder, WALLET } from './test-order.ts';

/** An approved order of three legs over three venues, as signed bytes of version 0 over a look-up table. */
export const benches: readonly Bench[] = [
  {
    name: 'execution.build-sign',
    unit: 'transactions/s',
    async run(harness) {
      const keypair = Keypair.fromSeed(new Uint8Array(32).fill(5));
      const owner = keypair.publicKey.toBase58() as Address;
      const wallet = { ...WALLET, owner };
      const { builder, order, door, table } = testOrder(undefined, wallet);
      const signer = createEd25519Signer(keypair.secretKey);
      const blockhash = new Uint8Array(32);
      let turn = 0;
      const ours = async (): Promise<Uint8Array> => {
        // Another blockhash and price each time, as in a run.
        turn += 1;
        blockhash[0] = turn & 0xff;
        const attempt = { ...ATTEMPT, blockhash, microLamportsPerUnit: BigInt(turn & 0x3ff) };
        const built = builder.build(order, attempt);
        if (!built.ok) throw new Error(built.reason);
        const signed = await signTransaction(built.value, owner, signer);
        if (!signed.ok) throw new Error(signed.reason);
        return signed.value.bytes;
      };
      const lookup = new AddressLookupTableAccount({
        key: new PublicKey(table.address),
        state: {
          deactivationSlot: U64_MAX,
          lastExtendedSlot: 0,
          lastExtendedSlotStartIndex: 0,
          addresses: table.addresses.map((one) => new PublicKey(one)),
        },
      });
      // Its keys are made ahead, as whoever uses it would do.
      const keys = new Map<Address, PublicKey>();
      const keyOf = (address: Address): PublicKey => {
        const known = keys.get(address) ?? new PublicKey(address);
        keys.set(address, known);
        return known;
      };
      const theirs = (): Uint8Array => {
        turn += 1;
        blockhash[0] = turn & 0xff;
        const made = orderInstructions(
          termsOf(order),
          ATTEMPT,
          wallet,
          (pool) => door.market.poolAt(pool),
          ASSUMED_CHAIN,
        );
        if (!made.ok) throw new Error(made.reason);
        const message = new TransactionMessage({
          payerKey: keypair.publicKey,
          recentBlockhash: bs58.encode(blockhash),
          instructions: made.value.map(
            ({ programId, accounts, data }) =>
              new TransactionInstruction({
                programId: keyOf(programId),
                keys: accounts.map(({ address, isSigner, isWritable }) => ({
                  pubkey: keyOf(address),
                  isSigner,
                  isWritable,
                })),
                data: Buffer.from(data),
              }),
          ),
        });
        const transaction = new VersionedTransaction(message.compileToV0Message([lookup]));
        transaction.sign([keypair]);
        return transaction.serialize();
      };
      const micros: number[] = [];
      for (let i = 0; i < 8_000; i++) {
        const startMs = performance.now();
        harness.keep(await ours());
        if (i >= 4_000) micros.push((performance.now() - startMs) * 1_000);
      }
      micros.sort((a, b) => a - b);
      const at = (share: number): number => Math.round(micros[Math.floor(micros.length * share)]! * 10) / 10;
      const rate = 1e6 / at(0.5);
      const baseline = harness.latency(() => harness.keep(theirs()), 600);
      return {
        value: rate,
        p50: at(0.5),
        p99: at(0.99),
        baseline: { name: '@solana/web3.js', value: 1e6 / baseline.p50 },
      };
    },
  },
];
