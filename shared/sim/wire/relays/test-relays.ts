import { ComputeBudgetProgram, PublicKey, SystemProgram, type TransactionInstruction } from '@solana/web3.js';
import bs58 from 'bs58';
import type { Address } from '../../../core/address.ts';
import { createRandom } from '../../../core/random.ts';
import type { Sender, SendTerms } from '../../../execution/sender.ts';
import { createTestBudget } from '../../../platform/outside/gate/test-budget.ts';
import { createSystemClock } from '../../../platform/process/system-clock.ts';
import { createHeliusSender } from '../../../platform/relays/helius-sender.ts';
import { createJitoSender } from '../../../platform/relays/jito-sender.ts';
import { createJitoStatuses, type JitoStatuses } from '../../../platform/relays/jito-statuses.ts';
import { createRelayLine } from '../../../platform/relays/relay-line.ts';
import { HELIUS_TIP_ACCOUNTS, jitoTipAccounts } from '../../../platform/relays/tip-accounts.ts';
import { createTestGenesis, poolSwap, signOn, type TestGenesis, WALLET } from '../../chain/test-genesis.ts';
import { type BlockEngine, type BlockEngineOptions, createBlockEngine } from './block-engine.ts';
import { openTipAccounts } from './tip-account-funds.ts';

export const TIP: Address = jitoTipAccounts()[0]!;
export const HELIUS_TIP: Address = HELIUS_TIP_ACCOUNTS[0]!;
const clock = createSystemClock();

export interface TestTransaction {
  readonly bytes: Uint8Array;
  readonly signature: string;
  readonly tipLamports: bigint;
  readonly tipAccount: Address;
}

/** A chain with pools and tip accounts whose genesis is closed, and a block engine that moves by hand. */
export function createTestEngine(options: Partial<BlockEngineOptions> = {}) {
  const genesis = createTestGenesis();
  const { bank } = genesis;
  openTipAccounts(bank, [...jitoTipAccounts(), ...HELIUS_TIP_ACCOUNTS]);
  bank.advanceSlot();
  const engine: BlockEngine = createBlockEngine({
    bank,
    random: createRandom('engine'),
    rules: { tipAccounts: jitoTipAccounts(), takesV1: false },
    ...options,
  });
  return { genesis, bank, engine };
}

/** Pays the tip last, as the guard of a trade would stand before it. */
export function tipped(
  genesis: TestGenesis,
  instructions: readonly TransactionInstruction[],
  { tipLamports = 10_000n, tipAccount = TIP, blockhash = genesis.bank.latestBlockhash().blockhash } = {},
): TestTransaction {
  const transaction = signOn(blockhash, [
    ComputeBudgetProgram.setComputeUnitLimit({ units: 300_000 }),
    ...instructions,
    SystemProgram.transfer({
      fromPubkey: WALLET.publicKey,
      toPubkey: new PublicKey(tipAccount),
      lamports: tipLamports,
    }),
  ]);
  const signature = bs58.encode(transaction.signatures[0]!);
  return { bytes: transaction.serialize(), signature, tipLamports, tipAccount };
}

/** A swap of the wallet that goes through, or one that wants more than the pool pays. */
export function swap(genesis: TestGenesis, amountIn: bigint, minAmountOut = 0n): TransactionInstruction {
  return poolSwap(genesis.pools[0]!, true, amountIn, minAmountOut);
}

export function termsOf(transaction: TestTransaction, forMs = 3_000): SendTerms {
  const { tipLamports, tipAccount } = transaction;
  return { deadlineMicros: clock.monotonicMicros() + forMs * 1_000, version: 0, tipLamports, tipAccount };
}

export interface TestWays {
  readonly jito: Sender;
  readonly bundleOnly: Sender;
  readonly helius: Sender;
  readonly statuses: JitoStatuses;
  close(): Promise<void>;
}

/** Senders to what stands at `url`. */
export function openWays(url: string, timeoutMs = 1_000): TestWays {
  const line = createRelayLine({
    name: `test/${url}`,
    url,
    requestsPerSecond: 1_000,
    timeoutMs,
    clock,
    random: createRandom(1),
    budget: createTestBudget(),
  });
  const takes = (accounts: readonly Address[]) => ({
    relay: 'test',
    tip: { minimumLamports: 0n, isTipAccount: (account: string) => accounts.includes(account as Address) },
    takesVersion: () => true,
  });
  return {
    jito: createJitoSender({ line, takes: takes(jitoTipAccounts()), by: 'bundle' }),
    bundleOnly: createJitoSender({ line, takes: takes(jitoTipAccounts()), by: 'transaction' }),
    helius: createHeliusSender({ line, takes: takes(HELIUS_TIP_ACCOUNTS), swqosOnly: false }),
    statuses: createJitoStatuses(line),
    close: () => line.close(),
  };
}
