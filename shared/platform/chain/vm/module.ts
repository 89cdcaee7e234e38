import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ArbError, errorText } from '../../../core/errors.ts';

/** Where `npm run prove:install` puts LiteSVM: a native package that only proofs need, outside the dependencies. */
export const LITESVM_FOLDER: string = fileURLToPath(new URL('../../../../.program-vm', import.meta.url));
export const LITESVM_VERSION = '1.5.0';

/** An account as LiteSVM takes and gives it. */
export interface SvmAccount {
  readonly address: string;
  readonly executable: boolean;
  readonly lamports: bigint;
  readonly programAddress: string;
  readonly space: bigint;
  readonly data: Uint8Array;
}

export interface SvmMetadata {
  logs(): readonly string[];
  computeUnitsConsumed(): bigint;
}

/** What a simulation gives: the accounts it wrote, or a failure, which alone has `err`. */
export interface SvmSimulated {
  meta(): SvmMetadata;
  postAccounts?(): readonly SvmAccount[];
  err?(): unknown;
  toString(): string;
}

/** The part of a LiteSVM instance that proofs use. */
export interface Svm {
  withSigverify(verify: boolean): Svm;
  withBlockhashCheck(check: boolean): Svm;
  withTransactionHistory(capacity: bigint): Svm;
  withComputeBudget(budget: unknown): Svm;
  setClock(clock: unknown): void;
  setAccount(account: SvmAccount): void;
  addProgram(programId: string, elf: Uint8Array): void;
  simulateTransaction(transaction: unknown): SvmSimulated;
}

/** LiteSVM and the decoder of the transactions that it takes. */
export interface LiteSvmModule {
  createSvm(): Svm;
  /** The budget of every transaction, whatever it asks for. */
  createComputeBudget(computeUnits: bigint): unknown;
  createClock(
    slot: bigint,
    epochStart: bigint,
    epoch: bigint,
    leaderEpoch: bigint,
    unixTimestamp: bigint,
  ): unknown;
  decodeTransaction(bytes: Uint8Array): unknown;
}

interface Litesvm {
  readonly LiteSVM: new () => Svm;
  readonly ComputeBudget: new () => { computeUnitLimit: bigint };
  readonly Clock: new (...parts: bigint[]) => unknown;
}

interface Kit {
  getTransactionDecoder(): { decode(bytes: Uint8Array): unknown };
}

/** True when `npm run prove:install` has been run here. */
export function hasLiteSvm(): boolean {
  return existsSync(`${LITESVM_FOLDER}/node_modules/litesvm/package.json`);
}

/**
 * Loads LiteSVM (its native library, about 12 MB). Throws `file-litesvm-missing` with the command that installs it,
 * and `file-litesvm-broken` when this machine cannot load it.
 */
export function loadLiteSvm(): LiteSvmModule {
  if (!hasLiteSvm()) {
    const message =
      'LiteSVM is not installed; install it beside the dependencies with: npm run prove:install';
    throw new ArbError('file-litesvm-missing', message, { folder: LITESVM_FOLDER });
  }
  try {
    const fromFolder = createRequire(`${LITESVM_FOLDER}/package.json`);
    const { LiteSVM, Clock, ComputeBudget } = fromFolder('litesvm') as Litesvm;
    const kit = createRequire(fromFolder.resolve('litesvm'))('@solana/kit') as Kit;
    const decoder = kit.getTransactionDecoder();
    return {
      createSvm: () => new LiteSVM(),
      createComputeBudget(computeUnits) {
        const budget = new ComputeBudget();
        budget.computeUnitLimit = computeUnits;
        return budget;
      },
      createClock: (...parts) => new Clock(...parts),
      decodeTransaction: (bytes) => decoder.decode(bytes),
    };
  } catch (error) {
    const message = `LiteSVM ${LITESVM_VERSION} does not load on this machine: ${errorText(error)}`;
    throw new ArbError('file-litesvm-broken', message, { folder: LITESVM_FOLDER }, error);
  }
}
