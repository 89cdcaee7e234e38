import type { Address } from '../../core/address.ts';
import type { ChainValues } from '../../core/chain-parameters.ts';
import type { Instruction } from '../../core/instruction.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import type { PoolEntry } from '../../market/pool-entry.ts';
import type { OrderTerms } from '../../risk/approve.ts';
import type { Attempt, BuildRefusal, WalletAccounts } from './attempt.ts';
import { BLOCKHASH_BYTES } from './compiled-message.ts';
import { priorityFeeOf, setLoadedDataLimit, setUnitLimit, setUnitPrice } from './compute-budget.ts';
import { guardOf } from './guard.ts';
import { assertTokenAmount } from './lighthouse.ts';
import { isDontFront, transferLamports } from './tip.ts';

export type PoolAt = (address: Address) => PoolEntry | undefined;

/** Bytes of accounts that a transaction may load at most, and asks for where it says nothing. */
const MOST_LOADED_BYTES = 64 * 1_024 * 1_024;

/**
 * An order as instructions: what it asks of the runtime (version 1 says that in its message instead), its swaps with their
 * guards, and last the tip, which is paid only where all before it held.
 */
export function orderInstructions(
  terms: OrderTerms,
  attempt: Attempt,
  wallet: WalletAccounts,
  poolAt: PoolAt,
  chain: ChainValues,
): Outcome<readonly Instruction[], BuildRefusal> {
  const wrong = againstAttempt(terms, attempt, chain);
  if (wrong !== undefined) return wrong;
  const guard = guardOf(terms, attempt.held);
  if (!guard.ok) return guard;
  const { computeUnits, microLamportsPerUnit, loadedDataBytes, tip, dontFront, version } = attempt;
  const instructions: Instruction[] =
    version === 1
      ? []
      : [setUnitLimit(computeUnits), setUnitPrice(microLamportsPerUnit), setLoadedDataLimit(loadedDataBytes)];
  const { legs } = terms.opportunity;
  const { least, assertions } = guard.value;
  const lastHop = legs.at(-1)!.hop;
  let asserted = 0;
  for (let i = 0; i < legs.length; i++) {
    const { pool, aToB, amountIn, amountOut, hop } = legs[i]!;
    const entry = poolAt(pool);
    if (entry?.state === undefined)
      return refusal('pool-unknown', `the market does not have the pool ${pool}`);
    const { venue, state } = entry;
    const tokenA = ownAccount(wallet, state.mintA);
    if (typeof tokenA !== 'string') return tokenA;
    const tokenB = ownAccount(wallet, state.mintB);
    if (typeof tokenB !== 'string') return tokenB;
    // A leg that pays just what the next is offered is held to that: to ask for more would refuse what is predicted.
    const isRaised = hop === lastHop || least[i]! < amountOut;
    const minAmountOut = isRaised ? (venue.minimumFor?.(state, aToB, least[i]!) ?? least[i]!) : least[i]!;
    const args = { owner: wallet.owner, tokenA, tokenB, aToB, amountIn, minAmountOut };
    instructions.push(venue.swap(state, args));
    if (assertions[asserted]?.afterLeg === i) {
      const { mint, atLeast } = assertions[asserted]!;
      instructions.push(assertTokenAmount(wallet.tokenAccount(mint)!.address, atLeast));
      asserted += 1;
    }
  }
  if (tip !== undefined) {
    const named = dontFront === undefined ? [] : [dontFront];
    instructions.push(transferLamports(wallet.owner, tip.account, tip.lamports, named));
  }
  return success(instructions);
}

/** The wallet's account for a mint, or why it cannot be used. */
function ownAccount(
  wallet: WalletAccounts,
  mint: Address,
): Address | ReturnType<typeof refusal<BuildRefusal>> {
  const account = wallet.tokenAccount(mint);
  if (account === undefined) {
    return refusal('token-account-missing', `the wallet ${wallet.owner} has no token account for ${mint}`);
  }
  if (!account.frozen) return account.address;
  return refusal('token-account-frozen', `the wallet's account ${account.address} for ${mint} is frozen`);
}

/** What speaks against an attempt of its own figures. */
function againstAttempt(
  { opportunity, maxCostLamports, expiresAfterSlot }: OrderTerms,
  attempt: Attempt,
  chain: ChainValues,
): ReturnType<typeof refusal<BuildRefusal>> | undefined {
  const { slot, blockhash, computeUnits, microLamportsPerUnit, loadedDataBytes, tip, dontFront } = attempt;
  if (slot > expiresAfterSlot) {
    return refusal('order-expired', `it may be sent until slot ${expiresAfterSlot}, and this is ${slot}`);
  }
  if (blockhash.length !== BLOCKHASH_BYTES) {
    return refusal('blockhash-invalid', `a blockhash has ${BLOCKHASH_BYTES} bytes, not ${blockhash.length}`);
  }
  if (!isCount(computeUnits, chain.transactionUnits)) {
    return refusal(
      'units-out-of-range',
      `${computeUnits} units; a transaction may ask for 1 to ${chain.transactionUnits}`,
    );
  }
  if (!isCount(loadedDataBytes, MOST_LOADED_BYTES)) {
    return refusal(
      'loaded-data-out-of-range',
      `${loadedDataBytes} bytes; 1 to ${MOST_LOADED_BYTES} may be asked for`,
    );
  }
  if (microLamportsPerUnit < 0n || microLamportsPerUnit > U64_MAX) {
    return refusal('beyond-approved-costs', `a unit price of ${microLamportsPerUnit} micro-lamports`);
  }
  if (tip !== undefined && (tip.lamports <= 0n || tip.lamports > U64_MAX)) {
    return refusal('tip-out-of-range', `a tip of ${tip.lamports} lamports`);
  }
  if (tip !== undefined && !tip.known.has(tip.account)) {
    return refusal('tip-account-unknown', `the relay counts no tip to ${tip.account}`);
  }
  if (dontFront !== undefined && (tip === undefined || !isDontFront(dontFront))) {
    const why =
      tip === undefined ? 'without a tip nothing names it' : `${dontFront} does not begin with jitodontfront`;
    return refusal('dont-front-invalid', why);
  }
  const fee = opportunity.costs.baseFeeLamports + priorityFeeOf(computeUnits, microLamportsPerUnit);
  const cost = fee + (tip?.lamports ?? 0n);
  if (cost > maxCostLamports) {
    return refusal(
      'beyond-approved-costs',
      `fees and tip are ${cost} lamports; approved are ${maxCostLamports}`,
    );
  }
  return undefined;
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= most;
}
