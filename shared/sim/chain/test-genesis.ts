import {
  type Connection,
  Keypair,
  PublicKey,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import type { AccountSource } from '../../core/account.ts';
import {
  type Address,
  addressAt,
  associatedTokenAddress,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { localHalf } from '../../venues/local-registry.ts';
import { VENUES } from '../../venues/registry.ts';
import { decodeTokenAccount, encodeMint, encodeTokenAccount } from '../../venues/token/token.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import { type Bank, createBank } from './bank.ts';
import { loadLocally } from './local-rules.ts';

/** A small chain for the tests of the node: a funded wallet, three mints, and a pool of every venue. */

export const START_SLOT = 441_900_000;
export const START_UNIX_TIMESTAMP = 1_790_000_000;

/** Half a percent on every transfer, at most a million base units. */
export const TAXED_MINT: Address = addressAt(new Uint8Array(32).fill(93));
const TAX = { epoch: 0, maximumFee: 1_000_000n, feeBps: 50n };

export const WALLET = Keypair.fromSeed(new Uint8Array(32).fill(7));
export const OTHER = Keypair.fromSeed(new Uint8Array(32).fill(8));
export const WALLET_LAMPORTS = 50_000_000_000n;

export interface TestPool {
  readonly venue: Venue;
  readonly state: PoolState;
}

export interface TestGenesis {
  readonly bank: Bank;
  /** For every venue, SOL/USDC first and then SOL/taxed. */
  readonly pools: readonly TestPool[];
}

export function keyOf(pair: Keypair): Address {
  return pair.publicKey.toBase58() as Address;
}

export function tokenProgramOf(mint: Address): Address {
  return mint === TAXED_MINT ? TOKEN_2022_PROGRAM : TOKEN_PROGRAM;
}

export function tokenAccountOf(pair: Keypair, mint: Address): Address {
  return associatedTokenAddress(keyOf(pair), mint, tokenProgramOf(mint));
}

/** The bank with its genesis slot still open. */
export function createTestGenesis(): TestGenesis {
  const bank = createBank({ startSlot: START_SLOT, startUnixTimestamp: START_UNIX_TIMESTAMP, epoch: 1_022 });
  const supply = 10n ** 18n;
  bank.set({
    address: WSOL_MINT,
    account: encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals: 9, supply: 0n }),
  });
  bank.set({ address: USDC_MINT, account: encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals: 6, supply }) });
  bank.set({
    address: TAXED_MINT,
    account: encodeMint({
      tokenProgram: TOKEN_2022_PROGRAM,
      decimals: 6,
      supply,
      transferFee: { older: TAX, newer: TAX },
    }),
  });
  for (const pair of [WALLET, OTHER]) {
    const owner = keyOf(pair);
    const account = { owner: SYSTEM_PROGRAM, lamports: WALLET_LAMPORTS, data: new Uint8Array(0) };
    bank.set({ address: owner, account });
    for (const mint of [WSOL_MINT, USDC_MINT, TAXED_MINT]) {
      const withheldAmount = mint === TAXED_MINT ? 0n : undefined;
      const tokenProgram = tokenProgramOf(mint);
      bank.set({
        address: tokenAccountOf(pair, mint),
        account: encodeTokenAccount({ mint, owner, amount: 20_000_000_000n, tokenProgram, withheldAmount }),
      });
    }
  }
  const pools = VENUES.flatMap((venue) =>
    (venue.splTokenOnly ? [USDC_MINT] : [USDC_MINT, TAXED_MINT]).map((mint) => addPool(bank, venue, mint)),
  );
  return { bank, pools };
}

function addPool(bank: Bank, venue: Venue, mintB: Address): TestPool {
  const pool = localHalf(venue).synthesize({
    seed: `node-test/${venue.id}/${mintB}`,
    mintA: WSOL_MINT,
    mintB,
    decimalsA: 9,
    decimalsB: 6,
    tokenProgramA: TOKEN_PROGRAM,
    tokenProgramB: tokenProgramOf(mintB),
    price: 142.35,
    depthA: 5_000,
    feeBps: 25,
    variant: 0,
  });
  for (const write of pool.accounts) bank.set(write);
  return { venue, state: loadPool(bank.get, venue, pool.address) };
}

export function loadPool(source: AccountSource, venue: Venue, pool: Address): PoolState {
  const loaded = loadLocally(venue, pool, source);
  if (!loaded.ok) throw new Error(`pool ${pool} of ${venue.id}: ${loaded.reason}`);
  return loaded.state;
}

export function heldBy(source: AccountSource, tokenAccount: Address): bigint {
  const account = source(tokenAccount);
  const token = account ? decodeTokenAccount(account) : undefined;
  if (token?.ok !== true) throw new Error(`no token account ${tokenAccount}`);
  return token.value.amount;
}

/** An instruction in the outside client's own types. */
export function outside(instruction: Instruction): TransactionInstruction {
  return new TransactionInstruction({
    programId: new PublicKey(instruction.programId),
    keys: instruction.accounts.map((account) => ({
      pubkey: new PublicKey(account.address),
      isSigner: account.isSigner,
      isWritable: account.isWritable,
    })),
    data: Buffer.from(instruction.data),
  });
}

/** A signed v0 transaction of the wallet on the newest processed blockhash. */
export async function signedTransaction(
  connection: Connection,
  instructions: readonly TransactionInstruction[],
  signers: readonly Keypair[] = [WALLET],
): Promise<VersionedTransaction> {
  const { blockhash } = await connection.getLatestBlockhash('processed');
  return signOn(blockhash, instructions, signers);
}

export function signOn(
  blockhash: string,
  instructions: readonly TransactionInstruction[],
  signers: readonly Keypair[] = [WALLET],
): VersionedTransaction {
  const message = new TransactionMessage({
    payerKey: signers[0]!.publicKey,
    recentBlockhash: blockhash,
    instructions: [...instructions],
  });
  const transaction = new VersionedTransaction(message.compileToV0Message());
  transaction.sign([...signers]);
  return transaction;
}

/** A checked transfer of the wallet's tokens to the other wallet. */
export function tokenTransfer(mint: Address, amount: bigint, decimals: number): TransactionInstruction {
  const data = Buffer.alloc(10);
  data[0] = 12;
  data.writeBigUInt64LE(amount, 1);
  data[9] = decimals;
  return outside({
    programId: tokenProgramOf(mint),
    accounts: [
      { address: tokenAccountOf(WALLET, mint), isSigner: false, isWritable: true },
      { address: mint, isSigner: false, isWritable: false },
      { address: tokenAccountOf(OTHER, mint), isSigner: false, isWritable: true },
      { address: keyOf(WALLET), isSigner: true, isWritable: false },
    ],
    data,
  });
}

/** The wallet's swap on a pool. */
export function poolSwap(
  pool: TestPool,
  aToB: boolean,
  amountIn: bigint,
  minAmountOut: bigint,
): TransactionInstruction {
  const { venue, state } = pool;
  return outside(
    venue.swap(state, {
      owner: keyOf(WALLET),
      tokenA: tokenAccountOf(WALLET, state.mintA),
      tokenB: tokenAccountOf(WALLET, state.mintB),
      aToB,
      amountIn,
      minAmountOut,
    }),
  );
}
