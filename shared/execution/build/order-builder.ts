import type { Address } from '../../core/address.ts';
import type { ChainValues } from '../../core/chain-parameters.ts';
import type { Instruction } from '../../core/instruction.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { type Approved, type OrderTerms, termsOf } from '../../risk/approve.ts';
import type { Opportunity } from '../../routing/opportunity.ts';
import type { Attempt, BuildRefusal, WalletAccounts } from './attempt.ts';
import { chooseTables } from './choose-tables.ts';
import { compileV0 } from './compile-v0.ts';
import { type CompiledV1, compileV1 } from './compile-v1.ts';
import type { CompiledMessage, MessageParts } from './compiled-message.ts';
import { priorityFeeOf } from './compute-budget.ts';
import { type V1Config, writeV1Config } from './encode-v1.ts';
import type { LookupTable } from './lookup-table.ts';
import { orderInstructions, type PoolAt } from './order-instructions.ts';

/** A transaction that lacks its signature. */
export interface UnsignedTransaction {
  /** Of the order that it executes. */
  readonly orderId: string;
  readonly version: 0 | 1;
  /** The whole transaction, with zeros where the signature goes. */
  readonly bytes: Uint8Array;
  /** What is to be signed: a part of `bytes`. */
  readonly message: Uint8Array;
  readonly signatureAt: number;
  /** Accounts that it locks, and the tables that it reads: what `loadedDataLimit` counts. */
  readonly accounts: number;
  readonly tables: readonly Address[];
}

export interface OrderBuilderParams {
  readonly wallet: WalletAccounts;
  readonly poolAt: PoolAt;
  /** The chain's limits, as they are now: another object once they are others. */
  readonly chain: () => ChainValues;
}

/** A route as it was compiled, which holds for as long as its instructions name the same accounts. */
interface Template {
  readonly instructions: readonly Instruction[];
  readonly compiled: CompiledMessage;
  readonly limits: ChainValues;
}

/** Templates of one generation; there are two, so that at most twice as many are kept, some 3 kB each. */
const MAX_TEMPLATES = 2_000;

/**
 * Makes approved orders into transactions. A route is compiled once, when it is prepared or first built: keys ordered,
 * tables chosen. After that what changes is written into a copy (amounts, limits, price, tip, blockhash), once it is seen
 * that every instruction still names the accounts that it was compiled with.
 */
export class OrderBuilder {
  readonly #params: OrderBuilderParams;
  #tables: readonly LookupTable[] = [];
  #templates = new Map<string, Template>();
  #templatesBefore = new Map<string, Template>();

  constructor(params: OrderBuilderParams) {
    this.#params = params;
  }

  /** The tables that may be used from now on. */
  setTables(tables: readonly LookupTable[]): void {
    this.#tables = tables;
    this.#templates.clear();
    this.#templatesBefore.clear();
  }

  /**
   * Compiles a route ahead, so that its order only has to be filled in; why not, where it cannot be built. Nothing is
   * given out: only an approved order becomes bytes.
   */
  prepare(opportunity: Opportunity, attempt: Attempt): Outcome<undefined, BuildRefusal> {
    const { id, slot, amountIn, costUnits, costs } = opportunity;
    const terms = {
      id,
      opportunity,
      slot,
      expiresAfterSlot: attempt.slot,
      minAmountOut: amountIn + costUnits,
      maxCostLamports: costs.totalLamports,
    };
    const made = this.#instructionsOf(terms, attempt);
    if (!made.ok) return made;
    const template = this.#templateOf(terms, attempt, made.value);
    return template.ok ? success(undefined) : template;
  }

  /** The transaction of an order. Throws `order-forged` for one that risk has not made. */
  build(order: Approved, attempt: Attempt): Outcome<UnsignedTransaction, BuildRefusal> {
    const terms = termsOf(order);
    const made = this.#instructionsOf(terms, attempt);
    if (!made.ok) return made;
    const template = this.#templateOf(terms, attempt, made.value);
    if (!template.ok) return template;
    return success(fill(terms.id, template.value, made.value, attempt));
  }

  #instructionsOf(terms: OrderTerms, attempt: Attempt): Outcome<readonly Instruction[], BuildRefusal> {
    const { wallet, poolAt, chain } = this.#params;
    return orderInstructions(terms, attempt, wallet, poolAt, chain());
  }

  #templateOf(
    terms: OrderTerms,
    attempt: Attempt,
    instructions: readonly Instruction[],
  ): Outcome<CompiledMessage, BuildRefusal> {
    const limits = this.#params.chain();
    const key = keyOf(terms, attempt);
    const known = this.#templates.get(key) ?? this.#templatesBefore.get(key);
    if (known !== undefined && known.limits === limits && isSame(known.instructions, instructions)) {
      return success(known.compiled);
    }
    const compiled = this.#compile(instructions, attempt, limits);
    if (!compiled.ok) return compiled;
    if (compiled.value.signers.length > 1) {
      return refusal('foreign-signer', `${compiled.value.signers[1]} would have to sign too`);
    }
    if (this.#templates.size >= MAX_TEMPLATES) {
      this.#templatesBefore = this.#templates;
      this.#templates = new Map();
    }
    this.#templates.set(key, { instructions, compiled: compiled.value, limits });
    return success(compiled.value);
  }

  #compile(
    instructions: readonly Instruction[],
    attempt: Attempt,
    limits: ChainValues,
  ): Outcome<CompiledMessage, BuildRefusal> {
    const parts: MessageParts = {
      payer: this.#params.wallet.owner,
      instructions,
      tipAccount: attempt.tip?.account,
    };
    if (attempt.version === 1) return compileV1(parts, configOf(attempt), limits);
    return compileV0(parts, chooseTables(parts, this.#tables), limits);
  }
}

/** Tips go to one of several accounts, and a route may be asserted or not: each is compiled apart. */
function keyOf({ opportunity }: OrderTerms, { version, tip, dontFront, held }: Attempt): string {
  return `${version}${held === undefined ? '' : '='}${tip?.account ?? ''}${dontFront ?? ''}:${opportunity.routeId}`;
}

function configOf({ computeUnits, microLamportsPerUnit, loadedDataBytes }: Attempt): V1Config {
  return {
    priorityFeeLamports: priorityFeeOf(computeUnits, microLamportsPerUnit),
    computeUnitLimit: computeUnits,
    loadedDataLimit: loadedDataBytes,
  };
}

/** True where the instructions differ in nothing but the bytes of their data. */
function isSame(a: readonly Instruction[], b: readonly Instruction[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i]!, b[i]!];
    if (one.programId !== other.programId || one.data.length !== other.data.length) return false;
    const { accounts } = one;
    if (accounts.length !== other.accounts.length) return false;
    for (let j = 0; j < accounts.length; j++) {
      const [account, again] = [accounts[j]!, other.accounts[j]!];
      if (account.address !== again.address || account.isWritable !== again.isWritable) return false;
      if (account.isSigner !== again.isSigner) return false;
    }
  }
  return true;
}

/** A copy of the compiled message with the data, limits and blockhash of this attempt. */
function fill(
  orderId: string,
  compiled: CompiledMessage,
  instructions: readonly Instruction[],
  attempt: Attempt,
): UnsignedTransaction {
  const bytes = compiled.bytes.slice();
  for (let i = 0; i < instructions.length; i++) bytes.set(instructions[i]!.data, compiled.dataAt[i]!);
  if (compiled.version === 1) writeV1Config(bytes, (compiled as CompiledV1).configAt, configOf(attempt));
  bytes.set(attempt.blockhash, compiled.blockhashAt);
  return {
    orderId,
    version: compiled.version,
    bytes,
    message: bytes.subarray(compiled.messageStart, compiled.messageEnd),
    signatureAt: compiled.signatureAt,
    accounts: compiled.accounts,
    tables: compiled.tables,
  };
}
