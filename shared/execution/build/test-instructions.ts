import fc from 'fast-check';
import { type Address, addressAt } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import type { Instruction } from '../../core/instruction.ts';
import { lookupTable } from './lookup-table.ts';

/** Addresses, instructions and tables by chance, for the tests against other encoders. */

export function numbered(n: number): Address {
  const bytes = new Uint8Array(32);
  // Spread, so that the order of their texts is none of their numbers.
  for (let i = 0; i < 32; i++) bytes[i] = (n * 97 + i * (n + 13)) & 0xff;
  new DataView(bytes.buffer).setUint16(0, n);
  return addressAt(bytes);
}

export const PAYER: Address = numbered(1);
/** Programs are neither signers nor written, as on a chain. */
const program = fc.integer({ min: 100, max: 106 }).map(numbered);
const account = fc.record({
  address: fc.oneof(fc.integer({ min: 1, max: 45 }), fc.integer({ min: 2, max: 9 })).map(numbered),
  isSigner: fc.boolean(),
  isWritable: fc.boolean(),
});

/** Only the payer signs, as where one wallet trades. */
const unsigned = account.map((one) => ({ ...one, isSigner: one.address === PAYER }));

const instructionOf = (
  accounts: fc.Arbitrary<(typeof account extends fc.Arbitrary<infer A> ? A : never)[]>,
) => fc.record({ programId: program, accounts, data: fc.uint8Array({ maxLength: 150 }) });

/** Some accounts sign beside the payer. */
export const instructions: fc.Arbitrary<Instruction[]> = fc.array(
  instructionOf(
    fc.array(fc.oneof({ weight: 9, arbitrary: unsigned }, { weight: 1, arbitrary: account }), {
      maxLength: 18,
    }),
  ),
  { maxLength: 7 },
);

/** Tables that overlap, name programs too, and hold an address twice. */
export const tables = fc
  .array(
    fc.array(fc.oneof(fc.integer({ min: 1, max: 45 }), fc.integer({ min: 100, max: 106 })), {
      maxLength: 60,
    }),
    {
      maxLength: 4,
    },
  )
  .map((all) => all.map((numbers, i) => lookupTable(numbered(200 + i), numbers.map(numbered))));

export const blockhash = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Room for all that these make. */
export const ROOMY = { ...ASSUMED_CHAIN, transactionAccounts: 256 };
