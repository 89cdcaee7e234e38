import { describe, expect, test } from 'vitest';
import { addressAt, addressBytes } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { CONTRACT_CASES, contractPool } from '../contract.ts';
import { decodeEventLog, tradesOf } from './events.ts';
import { phoenixV1 } from './index.ts';
import { PHOENIX_LOG_AUTHORITY, PHOENIX_PROGRAM } from './program.ts';

const MARKET = addressAt(new Uint8Array(32).fill(1));
const TAKER = addressAt(new Uint8Array(32).fill(2));
const MAKER = addressAt(new Uint8Array(32).fill(3));

const le = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((BigInt.asUintN(128, value) >> BigInt(8 * i)) & 255n));
const u64 = (value: bigint): number[] => le(value, 8);

const FILL_OF_BID = [
  2,
  ...le(0n, 2),
  ...addressBytes(MAKER),
  ...u64(~5n),
  ...u64(700n),
  ...u64(30n),
  ...u64(4n),
];
const EXPIRED = [9, ...le(1n, 2), ...addressBytes(MAKER), ...u64(9n), ...u64(800n), ...u64(6n)];
const SUMMARY = [6, ...le(2n, 2), ...le((7n << 64n) | 11n, 16), ...u64(30n), ...u64(21_000n), ...u64(5n)];
const PLACED = [3, ...le(3n, 2), ...u64(12n), ...le(99n, 16), ...u64(810n), ...u64(8n)];
const REDUCED = [4, ...le(4n, 2), ...u64(12n), ...u64(810n), ...u64(3n), ...u64(5n)];
const EVICTED = [5, ...le(5n, 2), ...addressBytes(MAKER), ...u64(13n), ...u64(1n), ...u64(2n)];
const FEE = [7, ...le(6n, 2), ...u64(77n)];
const IN_FORCE = [8, ...le(7n, 2), ...u64(12n), ...u64(1_000n), ...u64(2_000n)];

function log(...events: readonly number[][]): Instruction {
  const header = [
    15,
    1,
    0,
    ...u64(84n),
    ...u64(1_777_000_000n),
    ...u64(415_000_000n),
    ...addressBytes(MARKET),
    ...addressBytes(TAKER),
    ...le(BigInt(events.length), 2),
  ];
  return {
    programId: PHOENIX_PROGRAM,
    accounts: [{ address: PHOENIX_LOG_AUTHORITY, isSigner: true, isWritable: false }],
    data: Uint8Array.from([...header, ...events.flat()]),
  };
}

describe('the event log', () => {
  test('is read whole: header and events of every kind', () => {
    const read = decodeEventLog(log(FILL_OF_BID, EXPIRED, SUMMARY, PLACED, REDUCED, EVICTED, FEE, IN_FORCE));
    expect(read).toMatchObject({
      instruction: 0,
      marketSequenceNumber: 84n,
      unixTimestamp: 1_777_000_000,
      slot: 415_000_000,
      market: MARKET,
      signer: TAKER,
    });
    expect(read?.events).toEqual([
      {
        kind: 'fill',
        index: 0,
        maker: MAKER,
        sequenceNumber: BigInt.asUintN(64, ~5n),
        ticks: 700n,
        baseLots: 30n,
        baseLotsLeft: 4n,
      },
      { kind: 'expire', index: 1, maker: MAKER, sequenceNumber: 9n, ticks: 800n, baseLots: 6n },
      {
        kind: 'fill-summary',
        index: 2,
        clientOrderId: (7n << 64n) | 11n,
        baseLots: 30n,
        quoteLots: 21_000n,
        feeQuoteLots: 5n,
      },
      { kind: 'place', index: 3, sequenceNumber: 12n, clientOrderId: 99n, ticks: 810n, baseLots: 8n },
      { kind: 'reduce', index: 4, sequenceNumber: 12n, ticks: 810n, baseLots: 3n, baseLotsLeft: 5n },
      { kind: 'evict', index: 5, maker: MAKER, sequenceNumber: 13n, ticks: 1n, baseLots: 2n },
      { kind: 'fee', index: 6, collectedQuoteLots: 77n },
      {
        kind: 'time-in-force',
        index: 7,
        sequenceNumber: 12n,
        lastValidSlot: 1_000n,
        lastValidUnixTimestamp: 2_000n,
      },
    ]);
  });

  test('of fills gives trades in base units, a bid filled by a sale', () => {
    const { state } = contractPool(phoenixV1, CONTRACT_CASES[0]!);
    const read = decodeEventLog(log(FILL_OF_BID, SUMMARY));
    if (read === undefined) throw new Error('not read');
    const { facts } = state;
    expect(tradesOf(read, facts)).toEqual([
      {
        market: MARKET,
        slot: 415_000_000,
        unixTimestamp: 1_777_000_000,
        side: 'sell',
        taker: TAKER,
        maker: MAKER,
        ticks: 700n,
        priceAtoms: 700n * facts.tickAtoms,
        baseAmount: 30n * facts.baseLotSize,
        // One lot is a ten-thousandth of a SOL here, one tick a hundredth of a USDC.
        quoteAmount: 700n * 30n,
      },
    ]);
  });

  test('is none when it is cut, grown, not signed by the log authority, or of an event that is not known', () => {
    const whole = log(FILL_OF_BID, SUMMARY);
    for (let length = 0; length < whole.data.length; length++) {
      expect(decodeEventLog({ ...whole, data: whole.data.slice(0, length) })).toBeUndefined();
    }
    expect(decodeEventLog({ ...whole, data: Uint8Array.from([...whole.data, 0]) })).toBeUndefined();
    expect(decodeEventLog({ ...whole, programId: MARKET })).toBeUndefined();
    expect(decodeEventLog({ ...whole, accounts: [] })).toBeUndefined();
    const unsigned = whole.accounts.map((account) => ({ ...account, isSigner: false }));
    expect(decodeEventLog({ ...whole, accounts: unsigned })).toBeUndefined();
    expect(decodeEventLog(log([10, 0, 0]))).toBeUndefined();
    expect(decodeEventLog(log([1, 0, 0]))).toBeUndefined();
  });
});
