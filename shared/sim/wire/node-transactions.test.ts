import {
  AddressLookupTableAccount,
  ComputeBudgetProgram,
  Connection,
  Keypair,
  PublicKey,
  SendTransactionError,
  SystemProgram,
  Transaction,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import bs58 from 'bs58';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Address,
  ASSOCIATED_TOKEN_PROGRAM,
  addressBytes,
  associatedTokenAddress,
  MEMO_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../../core/address.ts';
import {
  createTestGenesis,
  heldBy,
  keyOf,
  OTHER,
  outside,
  signedTransaction,
  signOn,
  TAXED_MINT,
  type TestGenesis,
  tokenAccountOf,
  tokenTransfer,
  WALLET,
  WALLET_LAMPORTS,
} from '../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from './node.ts';

let genesis: TestGenesis;
let node: LocalNode;
let connection: Connection;
let rivalsCalledFor: readonly Address[][];

beforeEach(async () => {
  genesis = createTestGenesis();
  const called: Address[][] = [];
  rivalsCalledFor = called;
  // Slots move by hand, so that what lands where can be told beforehand.
  node = await startLocalNode({
    bank: genesis.bank,
    slotMs: 3_600_000,
    beforeTransaction: (pools) => called.push([...pools]),
  });
  connection = new Connection(node.rpcUrl, { commitment: 'processed', wsEndpoint: node.wsUrl });
});

afterEach(async () => {
  await node.stop();
});

const checked = { preflightCommitment: 'processed' } as const;

async function status(signature: string) {
  return (await connection.getSignatureStatuses([signature])).value[0];
}

/** What the node says no with, when a transaction is sent with preflight. */
async function refusal(transaction: VersionedTransaction) {
  const wire = Buffer.from(transaction.serialize()).toString('base64');
  return raw('sendTransaction', [wire, { encoding: 'base64', preflightCommitment: 'processed' }]);
}

async function raw(method: string, params: readonly unknown[]) {
  const response = await fetch(node.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as {
    result?: never;
    error?: { code: number; message: string; data: { err: unknown; logs: string[] } };
  };
  return answer.error ?? { code: 0, message: 'no error', data: { err: null, logs: [] } };
}

describe('a token transfer', () => {
  it('moves the tokens, charges the fee and is told at each commitment', async () => {
    const transaction = await signedTransaction(connection, [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 30_000 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 333 }),
      tokenTransfer(USDC_MINT, 1_500_000n, 6),
    ]);
    const signature = await connection.sendTransaction(transaction, checked);
    expect(signature).toBe(bs58.encode(transaction.signatures[0]!));
    expect(await status(signature)).toBeNull();
    const slot = genesis.bank.slot;
    genesis.bank.advanceSlot();
    expect(await status(signature)).toMatchObject({
      confirmationStatus: 'processed',
      confirmations: 0,
      slot,
      err: null,
    });
    expect(
      (await connection.getTokenAccountBalance(new PublicKey(tokenAccountOf(OTHER, USDC_MINT)))).value.amount,
    ).toBe('20001500000');
    expect(heldBy(genesis.bank.get, tokenAccountOf(WALLET, USDC_MINT))).toBe(19_998_500_000n);
    // 30,000 units at 333 micro-lamports are 9.99 lamports, rounded up.
    expect(genesis.bank.get(keyOf(WALLET))?.lamports).toBe(WALLET_LAMPORTS - 5_000n - 10n);
    genesis.bank.advanceSlot();
    expect((await status(signature))?.confirmationStatus).toBe('confirmed');
    for (let i = 0; i < 31; i++) genesis.bank.advanceSlot();
    expect(await status(signature)).toMatchObject({ confirmationStatus: 'finalized', confirmations: null });
    expect(await connection.getRecentPrioritizationFees()).toContainEqual({ slot, prioritizationFee: 333 });
  });

  it('is readable afterwards with its balances and logs', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 7n, 6)]);
    const signature = await connection.sendTransaction(transaction, checked);
    genesis.bank.advanceSlot();
    genesis.bank.advanceSlot();
    const read = await connection.getTransaction(signature, {
      commitment: 'confirmed',
      maxSupportedTransactionVersion: 0,
    });
    expect(read?.meta).toMatchObject({ err: null, fee: 5_000 });
    expect(read?.meta?.logMessages).toEqual([
      `Program ${TOKEN_PROGRAM} invoke [1]`,
      'Program log: Instruction: TransferChecked',
      `Program ${TOKEN_PROGRAM} consumed 4700 of 200000 compute units`,
      `Program ${TOKEN_PROGRAM} success`,
    ]);
    const moved = (
      balances: typeof read extends null ? never : { uiTokenAmount: { amount: string } }[] | null | undefined,
    ) => balances?.map(({ uiTokenAmount }) => uiTokenAmount.amount).sort();
    expect(moved(read?.meta?.preTokenBalances)).toEqual(['20000000000', '20000000000']);
    expect(moved(read?.meta?.postTokenBalances)).toEqual(['19999999993', '20000000007']);
    expect(read?.transaction.message.getAccountKeys().get(0)?.toBase58()).toBe(keyOf(WALLET));
  });

  it('withholds the transfer fee of a Token-2022 mint from the receiver', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(TAXED_MINT, 1_001n, 6)]);
    await connection.sendTransaction(transaction, checked);
    // Half a percent of 1,001 is 5.005, rounded up.
    expect(heldBy(genesis.bank.get, tokenAccountOf(OTHER, TAXED_MINT))).toBe(20_000_000_000n + 1_001n - 6n);
    const data = genesis.bank.get(tokenAccountOf(OTHER, TAXED_MINT))?.data;
    expect(Buffer.from(data ?? []).readBigUInt64LE(170)).toBe(6n);
  });

  it('fails whole when one instruction fails, and still pays its fee', async () => {
    const transaction = await signedTransaction(connection, [
      tokenTransfer(USDC_MINT, 5n, 6),
      tokenTransfer(USDC_MINT, 20_000_000_000n, 6),
    ]);
    const signature = await connection.sendTransaction(transaction, { skipPreflight: true });
    genesis.bank.advanceSlot();
    expect((await status(signature))?.err).toEqual({ InstructionError: [1, { Custom: 1 }] });
    expect(heldBy(genesis.bank.get, tokenAccountOf(OTHER, USDC_MINT))).toBe(20_000_000_000n);
    expect(genesis.bank.get(keyOf(WALLET))?.lamports).toBe(WALLET_LAMPORTS - 5_000n);
  });
});

describe('what a transaction must have', () => {
  it('is refused at preflight with the logs and the error of its failure', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 20_000_000_001n, 6)]);
    expect(await refusal(transaction)).toMatchObject({
      code: -32_002,
      message: 'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1',
      data: { err: { InstructionError: [0, { Custom: 1 }] } },
    });
    const thrown = await connection.sendTransaction(transaction, checked).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(SendTransactionError);
    expect((thrown as SendTransactionError).logs).toContain(
      `Program ${TOKEN_PROGRAM} failed: custom program error: 0x1`,
    );
    expect(genesis.bank.get(keyOf(WALLET))?.lamports).toBe(WALLET_LAMPORTS);
  });

  it('must be signed by its keys over these very bytes', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    transaction.signatures[0]![10]! ^= 1;
    expect(await refusal(transaction)).toMatchObject({
      code: -32_003,
      message: 'Transaction signature verification failure',
    });
    const signature = await connection.sendTransaction(transaction, { skipPreflight: true });
    genesis.bank.advanceSlot();
    expect(await status(signature)).toBeNull();
  });

  it('needs the signature of whoever owns the tokens', async () => {
    const transfer = tokenTransfer(USDC_MINT, 5n, 6);
    transfer.keys[3]!.isSigner = false;
    const transaction = await signedTransaction(connection, [transfer], [OTHER]);
    expect((await refusal(transaction)).data.err).toEqual({
      InstructionError: [0, 'MissingRequiredSignature'],
    });
  });

  it('may write only what its message calls writable', async () => {
    const transfer = tokenTransfer(USDC_MINT, 5n, 6);
    transfer.keys[2]!.isWritable = false;
    const transaction = await signedTransaction(connection, [transfer]);
    expect((await refusal(transaction)).data.err).toEqual({ InstructionError: [0, 'ReadonlyDataModified'] });
  });

  it('runs once', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    await connection.sendTransaction(transaction, checked);
    await connection.sendTransaction(transaction, { skipPreflight: true });
    expect(heldBy(genesis.bank.get, tokenAccountOf(OTHER, USDC_MINT))).toBe(20_000_000_005n);
    expect(rivalsCalledFor.length).toBe(1);
    genesis.bank.advanceSlot();
    expect(await refusal(transaction)).toMatchObject({
      code: -32_002,
      message: 'Transaction simulation failed: This transaction has already been processed',
      data: { err: 'AlreadyProcessed', logs: [] },
    });
  });

  it('lands only while its blockhash is known', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    for (let i = 0; i < 152; i++) genesis.bank.advanceSlot();
    expect(await refusal(transaction)).toMatchObject({
      code: -32_002,
      message: 'Transaction simulation failed: Blockhash not found',
      data: { err: 'BlockhashNotFound' },
    });
    const signature = await connection.sendTransaction(transaction, { skipPreflight: true });
    genesis.bank.advanceSlot();
    expect(await status(signature)).toBeNull();
    const unknown = signOn(bs58.encode(new Uint8Array(32).fill(5)), [tokenTransfer(USDC_MINT, 5n, 6)]);
    expect((await refusal(unknown)).data.err).toBe('BlockhashNotFound');
  });

  it('needs a payer with the fee and the rent', async () => {
    const poor = Keypair.fromSeed(new Uint8Array(32).fill(44));
    const memo = new TransactionInstruction({
      programId: new PublicKey(MEMO_PROGRAM),
      keys: [],
      data: Buffer.from('hi'),
    });
    const ask = async (lamports: bigint) => {
      genesis.bank.set({
        address: keyOf(poor),
        account: { owner: SYSTEM_PROGRAM, lamports, data: new Uint8Array(0) },
      });
      genesis.bank.advanceSlot();
      return (await refusal(await signedTransaction(connection, [memo], [poor]))).data.err;
    };
    expect(await ask(0n)).toBe('AccountNotFound');
    expect(await ask(4_999n)).toBe('InsufficientFundsForFee');
    expect(await ask(890_880n)).toEqual({ InsufficientFundsForRent: { account_index: 0 } });
    expect(await ask(895_880n)).toBeNull();
  });

  it('calls only programs that are here, within its compute limit', async () => {
    const programId = new PublicKey(new Uint8Array(32).fill(77));
    const call = new TransactionInstruction({ programId, keys: [], data: Buffer.alloc(0) });
    expect((await refusal(await signedTransaction(connection, [call]))).data).toMatchObject({
      err: { InstructionError: [0, 'UnsupportedProgramId'] },
      logs: [`Program ${programId} invoke [1]`, `Program ${programId} failed: Unsupported program id`],
    });
    const tight = [ComputeBudgetProgram.setComputeUnitLimit({ units: 400 }), tokenTransfer(USDC_MINT, 5n, 6)];
    expect((await refusal(await signedTransaction(connection, tight))).data.err).toEqual({
      InstructionError: [1, 'ComputationalBudgetExceeded'],
    });
  });
});

describe('the programs', () => {
  it('send and create accounts, open, wrap, sync and close them', async () => {
    const fresh = Keypair.fromSeed(new Uint8Array(32).fill(61));
    const rent = 2_039_280;
    const initialize = Buffer.concat([Buffer.from([18]), WALLET.publicKey.toBuffer()]);
    const account = fresh.publicKey;
    const token = (keys: readonly PublicKey[], data: Buffer) =>
      new TransactionInstruction({
        programId: new PublicKey(TOKEN_PROGRAM),
        keys: keys.map((pubkey) => ({
          pubkey,
          isSigner: pubkey.equals(WALLET.publicKey),
          isWritable: pubkey.toBase58() !== WSOL_MINT,
        })),
        data,
      });
    const open = await signedTransaction(
      connection,
      [
        SystemProgram.createAccount({
          fromPubkey: WALLET.publicKey,
          newAccountPubkey: account,
          lamports: rent + 1_000,
          space: 165,
          programId: new PublicKey(TOKEN_PROGRAM),
        }),
        token([account, new PublicKey(WSOL_MINT)], initialize),
        SystemProgram.transfer({ fromPubkey: WALLET.publicKey, toPubkey: account, lamports: 250 }),
        token([account], Buffer.from([17])),
      ],
      [WALLET, fresh],
    );
    await connection.sendTransaction(open, checked);
    expect(heldBy(genesis.bank.get, keyOf(fresh))).toBe(1_250n);
    genesis.bank.advanceSlot();
    const close = await signedTransaction(connection, [
      token([account, WALLET.publicKey, WALLET.publicKey], Buffer.from([9])),
    ]);
    await connection.sendTransaction(close, checked);
    expect(genesis.bank.get(keyOf(fresh))).toBeNull();
    expect(genesis.bank.get(keyOf(WALLET))?.lamports).toBe(WALLET_LAMPORTS - 15_000n);
  });

  it('create associated token accounts once, or again without harm', async () => {
    const owner = Keypair.fromSeed(new Uint8Array(32).fill(62)).publicKey.toBase58() as Address;
    const create = (kind: number, mint: Address, tokenProgram: Address) =>
      outside({
        programId: ASSOCIATED_TOKEN_PROGRAM,
        accounts: [
          { address: keyOf(WALLET), isSigner: true, isWritable: true },
          { address: associatedTokenAddress(owner, mint, tokenProgram), isSigner: false, isWritable: true },
          { address: owner, isSigner: false, isWritable: false },
          { address: mint, isSigner: false, isWritable: false },
          { address: SYSTEM_PROGRAM, isSigner: false, isWritable: false },
          { address: tokenProgram, isSigner: false, isWritable: false },
        ],
        data: Uint8Array.of(kind),
      });
    const both = [create(0, USDC_MINT, TOKEN_PROGRAM), create(1, TAXED_MINT, TOKEN_2022_PROGRAM)];
    await connection.sendTransaction(await signedTransaction(connection, both), checked);
    genesis.bank.advanceSlot();
    const taxed = genesis.bank.get(associatedTokenAddress(owner, TAXED_MINT, TOKEN_2022_PROGRAM));
    expect(taxed?.owner).toBe(TOKEN_2022_PROGRAM);
    expect(heldBy(genesis.bank.get, associatedTokenAddress(owner, USDC_MINT, TOKEN_PROGRAM))).toBe(0n);
    expect(genesis.bank.get(keyOf(WALLET))?.lamports).toBe(
      WALLET_LAMPORTS - 5_000n - 2_039_280n - (taxed?.lamports ?? 0n),
    );
    const again = await signedTransaction(connection, [create(1, USDC_MINT, TOKEN_PROGRAM)]);
    expect((await refusal(again)).message).toBe('no error');
    genesis.bank.advanceSlot();
    const twice = await signedTransaction(connection, [create(0, USDC_MINT, TOKEN_PROGRAM)]);
    expect((await refusal(twice)).data.err).toEqual({ InstructionError: [0, 'IllegalOwner'] });
  });
});

describe('forms of transactions', () => {
  it('takes legacy transactions', async () => {
    const legacy = new Transaction().add(
      SystemProgram.transfer({ fromPubkey: WALLET.publicKey, toPubkey: OTHER.publicKey, lamports: 12_345 }),
    );
    await connection.sendTransaction(legacy, [WALLET], checked);
    expect(genesis.bank.get(keyOf(OTHER))?.lamports).toBe(WALLET_LAMPORTS + 12_345n);
  });

  it('reads address look-up tables', async () => {
    const table = new PublicKey(new Uint8Array(32).fill(90));
    const transfer = tokenTransfer(USDC_MINT, 9n, 6);
    const addresses = [transfer.keys[0]!.pubkey, transfer.keys[1]!.pubkey, transfer.keys[2]!.pubkey];
    const state = {
      deactivationSlot: 2n ** 64n - 1n,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
      authority: WALLET.publicKey,
      addresses,
    };
    const message = async () =>
      new TransactionMessage({
        payerKey: WALLET.publicKey,
        recentBlockhash: (await connection.getLatestBlockhash()).blockhash,
        instructions: [transfer],
      }).compileToV0Message([new AddressLookupTableAccount({ key: table, state })]);
    const signed = async () => {
      const transaction = new VersionedTransaction(await message());
      transaction.sign([WALLET]);
      return transaction;
    };
    expect((await refusal(await signed())).code).toBe(-32_602);
    genesis.bank.set({
      address: table.toBase58() as Address,
      account: {
        owner: 'AddressLookupTab1e1111111111111111111111111' as Address,
        lamports: 10_000_000n,
        data: lookupTable(addresses),
      },
    });
    genesis.bank.advanceSlot();
    const transaction = await signed();
    expect(transaction.message.addressTableLookups.length).toBe(1);
    expect((await connection.getAddressLookupTable(table)).value?.state.addresses.length).toBe(3);
    const signature = await connection.sendTransaction(transaction, checked);
    expect(heldBy(genesis.bank.get, tokenAccountOf(OTHER, USDC_MINT))).toBe(20_000_000_009n);
    genesis.bank.advanceSlot();
    genesis.bank.advanceSlot();
    const read = await connection.getTransaction(signature, {
      commitment: 'confirmed',
      maxSupportedTransactionVersion: 0,
    });
    expect(read?.meta?.loadedAddresses?.writable.map(String).sort()).toEqual(
      [addresses[0], addresses[2]].map(String).sort(),
    );
  });
});

function lookupTable(addresses: readonly PublicKey[]): Uint8Array {
  const data = Buffer.alloc(56 + 32 * addresses.length);
  data.writeUInt32LE(1, 0);
  data.writeBigUInt64LE(2n ** 64n - 1n, 4);
  for (const [i, key] of addresses.entries()) data.set(addressBytes(key.toBase58() as Address), 56 + 32 * i);
  return Uint8Array.from(data);
}

describe('simulation', () => {
  it('tells logs, units and accounts afterwards, and changes nothing', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 5n, 6)]);
    const { value } = await connection.simulateTransaction(transaction, {
      sigVerify: true,
      accounts: { encoding: 'base64', addresses: [tokenAccountOf(OTHER, USDC_MINT)] },
    });
    expect(value).toMatchObject({ err: null, unitsConsumed: 4_700 });
    expect(Buffer.from(value.accounts?.[0]?.data[0] ?? '', 'base64').readBigUInt64LE(64)).toBe(
      20_000_000_005n,
    );
    expect(heldBy(genesis.bank.get, tokenAccountOf(OTHER, USDC_MINT))).toBe(20_000_000_000n);
    expect(value.logs?.at(-1)).toBe(`Program ${TOKEN_PROGRAM} success`);
  });

  it('takes unsigned transactions and stale blockhashes when told to', async () => {
    const stale = signOn(bs58.encode(new Uint8Array(32).fill(5)), [tokenTransfer(USDC_MINT, 5n, 6)]);
    stale.signatures[0]!.fill(0);
    expect((await connection.simulateTransaction(stale)).value.err).toBe('BlockhashNotFound');
    const fresh = await connection.simulateTransaction(stale, { replaceRecentBlockhash: true });
    expect(fresh.value.err).toBeNull();
    const wire = Buffer.from(stale.serialize()).toString('base64');
    const both = { encoding: 'base64', sigVerify: true, replaceRecentBlockhash: true };
    expect(await raw('simulateTransaction', [wire, both])).toMatchObject({
      code: -32_602,
      message: 'sigVerify may not be used with replaceRecentBlockhash',
    });
    const unsigned = { encoding: 'base64', sigVerify: true, commitment: 'processed' };
    expect(await raw('simulateTransaction', [wire, unsigned])).toMatchObject({ code: -32_003 });
  });

  it('sees the last closed slot, not what happens in the open one', async () => {
    const transaction = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 20_000_000_000n, 6)]);
    const first = await signedTransaction(connection, [tokenTransfer(USDC_MINT, 1n, 6)]);
    await connection.sendTransaction(first, checked);
    expect((await connection.simulateTransaction(transaction)).value.err).toBeNull();
    genesis.bank.advanceSlot();
    expect((await connection.simulateTransaction(transaction)).value.err).toEqual({
      InstructionError: [0, { Custom: 1 }],
    });
  });
});
