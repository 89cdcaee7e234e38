import { ComputeBudgetInstruction, PublicKey, SystemProgram, TransactionInstruction } from '@solana/web3.js';
import bs58 from 'bs58';
import { describe, expect, test } from 'vitest';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import type { Instruction } from '../../core/instruction.ts';
import { termsOf } from '../../risk/approve.ts';
import { SPLIT_POOLS } from '../../risk/test-door.ts';
import type { StillPool } from '../../routing/test-market.ts';
import { decodeWireTransaction, resolveTransaction } from '../../sim/wire/wire-transaction.ts';
import type { Attempt } from './attempt.ts';
import { LIGHTHOUSE_PROGRAM } from './lighthouse.ts';
import { encodeLookupTable, lookupTable } from './lookup-table.ts';
import type { UnsignedTransaction } from './order-builder.ts';
import { numbered } from './test-instructions.ts';
import {
  ACCOUNTS,
  ATTEMPT,
  DONT_FRONT,
  OWNER,
  TIP_ACCOUNT,
  TRIANGLE,
  testOrder,
  WALLET,
} from './test-order.ts';

function build(attempt: Partial<Attempt> = {}, made = testOrder()): UnsignedTransaction {
  const built = made.builder.build(made.order, { ...ATTEMPT, ...attempt });
  if (!built.ok) throw new Error(`${built.reason}: ${built.detail}`);
  return built.value;
}

/** The instructions as a validator reads them. */
function read(
  { bytes }: UnsignedTransaction,
  { table: { addresses } } = testOrder(),
): readonly Instruction[] {
  const wire = decodeWireTransaction(bytes);
  if (!wire.ok) throw new Error(`${wire.reason} ${wire.detail}`);
  const table = encodeLookupTable(
    {
      deactivationSlot: (1n << 64n) - 1n,
      lastExtendedSlot: 1n,
      lastExtendedStart: 0,
      authority: undefined,
      addresses,
    },
    1n,
  );
  const resolved = resolveTransaction(wire.value, () => table, 350_000_000, { transactionVersion: 1 });
  if (!resolved.ok) throw new Error(resolved.reason);
  return resolved.value.instructions;
}

function web3Of({ programId, accounts, data }: Instruction): TransactionInstruction {
  const keys = accounts.map(({ address, isSigner, isWritable }) => ({
    pubkey: new PublicKey(address),
    isSigner,
    isWritable,
  }));
  return new TransactionInstruction({ programId: new PublicKey(programId), keys, data: Buffer.from(data) });
}

describe('an approved order as a transaction', () => {
  test('asks for its limits, swaps leg by leg, each with what the next is offered as its least, and tips last', () => {
    const made = testOrder();
    const { opportunity, minAmountOut, id } = termsOf(made.order);
    const transaction = build({}, made);
    expect(transaction.orderId).toBe(id);
    const all = read(transaction);
    const [units, price, loaded, ...rest] = all;
    expect(ComputeBudgetInstruction.decodeSetComputeUnitLimit(web3Of(units!)).units).toBe(300_000);
    expect(ComputeBudgetInstruction.decodeSetComputeUnitPrice(web3Of(price!)).microLamports).toBe(1_000n);
    expect(Buffer.from(loaded!.data).toString('hex')).toBe('0400001000');
    const tip = rest.pop()!;
    expect(Buffer.from(tip.data)).toEqual(
      SystemProgram.transfer({
        fromPubkey: new PublicKey(OWNER),
        toPubkey: new PublicKey(TIP_ACCOUNT),
        lamports: 5_000,
      }).data,
    );
    expect(tip.accounts.map(({ address }) => address)).toEqual([OWNER, TIP_ACCOUNT]);
    expect(rest).toHaveLength(3);
    opportunity.legs.forEach((leg, i) => {
      const { venue, state } = made.door.market.poolAt(leg.pool)!;
      const expected = venue.swap(state!, {
        owner: OWNER,
        tokenA: ACCOUNTS.get(state!.mintA)!,
        tokenB: ACCOUNTS.get(state!.mintB)!,
        aToB: leg.aToB,
        amountIn: leg.amountIn,
        minAmountOut: i === 2 ? minAmountOut : opportunity.legs[i + 1]!.amountIn,
      });
      expect(rest[i]!.programId).toBe(expected.programId);
      expect(rest[i]!.data).toEqual(expected.data);
      expect(rest[i]!.accounts.map(({ address }) => address)).toEqual(
        expected.accounts.map(({ address }) => address),
      );
    });
    expect(minAmountOut).toBe(opportunity.amountIn + opportunity.costUnits);
  });

  test('asks a program that compares other figures for what makes it pay the least, where that can be had', () => {
    const asked = (pools: readonly StillPool[], at: number) => {
      const made = testOrder(pools);
      const leg = termsOf(made.order).opportunity.legs[at]!;
      const { venue, state } = made.door.market.poolAt(leg.pool)!;
      expect(venue.id).toBe('meteora-damm-v1');
      const [, , , ...swaps] = read(build({}, made), made);
      return { made, leg, minimum: Buffer.from(swaps[at]!.data).readBigUInt64LE(16), venue, state: state! };
    };
    const withV1 = (at: number) =>
      TRIANGLE.map((pool, i) => (i === at ? { ...pool, venue: 'meteora-damm-v1' } : pool));
    const last = asked(withV1(2), 2);
    const { minAmountOut } = termsOf(last.made.order);
    expect(last.minimum).toBe(last.venue.minimumFor!(last.state, last.leg.aToB, minAmountOut));
    expect(last.minimum).toBeGreaterThan(minAmountOut);
    // Held to all that it is to pay: one unit more would refuse what is predicted.
    const first = asked(withV1(0), 0);
    expect(first.minimum).toBe(termsOf(first.made.order).opportunity.legs[1]!.amountIn);
  });

  test('says over look-up tables what it says without, and only its tip account stands in the message', () => {
    const made = testOrder();
    const { addresses } = made.table;
    const others = lookupTable(numbered(901), [...addresses.slice(0, 3), numbered(902)]);
    made.builder.setTables([others, made.table]);
    const short = build({}, made);
    expect(short.tables).toEqual([made.table.address]);
    const [, , , ...swapsAndTip] = read(short);
    expect(swapsAndTip).toEqual(read(build({ version: 1 }, made)));
    const wire = decodeWireTransaction(short.bytes);
    expect(wire.ok && wire.value.staticKeys).toContain(TIP_ACCOUNT);

    made.builder.setTables([lookupTable(numbered(900), [...addresses, TIP_ACCOUNT])]);
    expect(made.builder.build(made.order, ATTEMPT)).toMatchObject({
      ok: false,
      reason: 'tip-account-in-table',
    });
    made.builder.setTables([]);
    expect(made.builder.build(made.order, ATTEMPT)).toMatchObject({ ok: false, reason: 'too-many-bytes' });
  });

  test('carries fee and limits in the message in version 1', () => {
    const transaction = build({ version: 1 });
    const wire = decodeWireTransaction(transaction.bytes);
    if (!wire.ok) throw new Error(wire.reason);
    expect(wire.value.message).toMatchObject({
      transactionConfig: {
        priorityFee: 300,
        computeUnitLimit: 300_000,
        loadedAccountsDataSizeLimit: 1 << 20,
      },
    });
    expect(read(transaction)).toHaveLength(4);
    expect(transaction.signatureAt).toBe(transaction.bytes.length - 64);
  });

  test('is the same from a prepared route as from none, and what is given out is its own', () => {
    for (const version of [0, 1] as const) {
      const made = testOrder();
      const other = {
        version,
        blockhash: new Uint8Array(32).fill(3),
        computeUnits: 123_456,
        microLamportsPerUnit: 77n,
      };
      expect(made.builder.prepare(made.door.opportunity, { ...ATTEMPT, version })).toEqual({
        ok: true,
        value: undefined,
      });
      const first = build({ version }, made);
      const before = first.bytes.slice();
      const again = build(other, made);
      expect(again.bytes).toEqual(build(other).bytes);
      expect(first.bytes).toEqual(before);
    }
  });

  test('is compiled anew once its instructions name other accounts', () => {
    let account = numbered(700);
    const made = testOrder(undefined, {
      ...WALLET,
      tokenAccount: () => ({ address: account, frozen: false }),
    });
    build({}, made);
    account = numbered(701);
    const named = read(build({}, made)).flatMap(({ accounts }) => accounts.map(({ address }) => address));
    expect(named).toContain(numbered(701));
    expect(named).not.toContain(numbered(700));
  });

  test('has the account that forbids to stand in front of it in its tip, read-only', () => {
    const tip = read(build({ dontFront: DONT_FRONT })).at(-1)!;
    expect(tip.accounts[2]).toEqual({ address: DONT_FRONT, isSigner: false, isWritable: false });
    expect(read(build()).flatMap(({ accounts }) => accounts.map(({ address }) => address))).not.toContain(
      DONT_FRONT,
    );
  });

  test('asserts the sum of a split hop after its last leg where sums are asserted', () => {
    const held = () => ({ amount: 5_000n, mayBeCredited: 70n });
    const made = testOrder(SPLIT_POOLS);
    const { opportunity } = termsOf(made.order);
    const asserted = read(build({ held }, made), made).map(
      ({ programId }) => programId === LIGHTHOUSE_PROGRAM,
    );
    const split = opportunity.legs.filter(({ hop }) => hop === 1).length > 1;
    expect(split).toBe(true);
    // The tip alone stands behind the last assertion.
    expect(asserted.at(-2)).toBe(true);
    const instructions = read(build({ held }, made), made);
    const last = instructions.at(-2)!;
    expect(Buffer.from(last.data).subarray(0, 3)).toEqual(Buffer.from([9, 0, 2]));
    expect(Buffer.from(last.data).readBigUInt64LE(3)).toBe(5_070n + opportunity.costUnits);
    expect(last.data[11]).toBe(4);
    expect(last.accounts).toEqual([
      { address: ACCOUNTS.get(opportunity.startMint), isSigner: false, isWritable: expect.any(Boolean) },
    ]);
    expect(read(build({}, made), made).some(({ programId }) => programId === LIGHTHOUSE_PROGRAM)).toBe(false);
  });
});

describe('an order is not made into a transaction', () => {
  const tip = ATTEMPT.tip!;
  test.each<[string, Partial<Attempt>, string]>([
    ['whose time is over', { slot: 350_000_151 }, 'order-expired'],
    ['that tips another bot', { tip: { ...tip, known: new Set([OWNER]) } }, 'tip-account-unknown'],
    ['that tips nothing', { tip: { ...tip, lamports: 0n } }, 'tip-out-of-range'],
    ['that tips 10 SOL', { tip: { ...tip, lamports: 10_000_000_000n } }, 'beyond-approved-costs'],
    [
      'that tips one lamport more than was approved',
      { tip: { ...tip, lamports: 10_001n }, microLamportsPerUnit: 10_000n },
      'beyond-approved-costs',
    ],
    [
      'at a price of units that was not approved',
      { microLamportsPerUnit: 1_000_000n },
      'beyond-approved-costs',
    ],
    ['with more units than the chain gives', { computeUnits: 1_400_001 }, 'units-out-of-range'],
    ['with no units', { computeUnits: 0 }, 'units-out-of-range'],
    ['with no loaded data', { loadedDataBytes: 0 }, 'loaded-data-out-of-range'],
    ['with a blockhash cut short', { blockhash: new Uint8Array(31) }, 'blockhash-invalid'],
    ['with an address that forbids nothing', { dontFront: OWNER }, 'dont-front-invalid'],
    [
      'that forbids to stand in front of it and tips nobody',
      { dontFront: DONT_FRONT, tip: undefined },
      'dont-front-invalid',
    ],
  ])('%s', (_, attempt, reason) => {
    const { builder, order } = testOrder();
    expect(builder.build(order, { ...ATTEMPT, ...attempt })).toMatchObject({ ok: false, reason });
  });

  test('where the costs approved are used to the lamport it is', () => {
    const { builder, order } = testOrder();
    const { opportunity, maxCostLamports } = termsOf(order);
    const tipped = maxCostLamports - opportunity.costs.baseFeeLamports - 300n;
    expect(builder.build(order, { ...ATTEMPT, tip: { ...tip, lamports: tipped } }).ok).toBe(true);
    expect(builder.build(order, { ...ATTEMPT, tip: { ...tip, lamports: tipped + 1n } })).toMatchObject({
      reason: 'beyond-approved-costs',
    });
  });

  test('without the token account of a mint, with a frozen one, and over the accounts of the chain', () => {
    const [mint] = [...ACCOUNTS.keys()].slice(-1);
    const missing = testOrder(undefined, {
      ...WALLET,
      tokenAccount: (one) => (one === mint ? undefined : WALLET.tokenAccount(one)),
    });
    expect(missing.builder.build(missing.order, ATTEMPT)).toEqual({
      ok: false,
      reason: 'token-account-missing',
      detail: `the wallet ${OWNER} has no token account for ${mint}`,
    });
    const frozen = testOrder(undefined, {
      ...WALLET,
      tokenAccount: (one) => ({ address: ACCOUNTS.get(one)!, frozen: one === mint }),
    });
    expect(frozen.builder.build(frozen.order, ATTEMPT)).toEqual({
      ok: false,
      reason: 'token-account-frozen',
      detail: `the wallet's account ${ACCOUNTS.get(mint!)} for ${mint} is frozen`,
    });
    const crowded = testOrder(undefined, WALLET, { ...ASSUMED_CHAIN, transactionAccounts: 20 });
    expect(crowded.builder.build(crowded.order, ATTEMPT)).toMatchObject({
      ok: false,
      reason: 'too-many-accounts',
    });
  });

  test('that approval has not made', () => {
    const { builder } = testOrder();
    expect(() => builder.build({} as never, ATTEMPT)).toThrow(
      expect.objectContaining({ code: 'order-forged' }),
    );
    expect(bs58.encode(ATTEMPT.blockhash)).toHaveLength(43);
  });
});
