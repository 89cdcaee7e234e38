import type { AccountSource, AccountWrite } from '../../core/account.ts';
import { type Address, TOKEN_2022_PROGRAM } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import {
  amountOfSameAccount,
  decodeMint,
  type MintFacts,
  transferFee,
  withTokenAmount,
} from '../../venues/token/token.ts';
import type { PoolState, SettledPaid } from '../../venues/venue.ts';

export interface VaultWrites {
  readonly writes: readonly AccountWrite[];
  /** Base units that left the trader. */
  readonly paidIn: bigint;
  /** Base units that left the pool; a transfer fee on the way to the trader is still in them. */
  readonly sentOut: bigint;
}

/**
 * The two vaults of a pool after a settled swap: what the trader sent has arrived less its transfer fee, which the
 * vault withholds, and what the pool sent has left; then the account that a part was diverted to, where one was.
 * Undefined when a vault cannot pay or an account cannot be read.
 */
export function vaultWrites(swap: {
  readonly before: PoolState;
  readonly settled: SettledPaid<PoolState>;
  readonly aToB: boolean;
  readonly clock: ChainClock;
  readonly source: AccountSource;
}): VaultWrites | undefined {
  const { before, settled, aToB, clock, source } = swap;
  const { epoch } = clock;
  const [vaultIn, vaultOut] = aToB ? [before.vaultA, before.vaultB] : [before.vaultB, before.vaultA];
  const mintIn = aToB ? before.mintA : before.mintB;
  const programIn = aToB ? before.tokenProgramA : before.tokenProgramB;
  const accountIn = source(vaultIn);
  const accountOut = source(vaultOut);
  if (!accountIn || !accountOut) return undefined;
  // Against itself: the amount, checked, without decoding the two addresses.
  const heldIn = amountOfSameAccount(accountIn, accountIn);
  const heldOut = amountOfSameAccount(accountOut, accountOut);
  if (heldIn === undefined || heldOut === undefined) return undefined;

  const paidIn = settled.consumedIn;
  const toVault = paidIn - (settled.divertedIn?.amount ?? 0n);
  const factsIn = feeMint(mintIn, programIn, source);
  const feeIn = factsIn === undefined ? 0n : transferFee(factsIn, epoch, toVault);
  const writeIn: AccountWrite = {
    address: vaultIn,
    account: withTokenAmount(accountIn, heldIn + toVault - feeIn, feeIn),
  };
  const sentOut = settled.amountOut + (settled.withheldOut ?? 0n);
  if (sentOut > heldOut) return undefined;
  const writeOut: AccountWrite = {
    address: vaultOut,
    account: withTokenAmount(accountOut, heldOut - sentOut),
  };
  const writes = [writeIn, writeOut];
  if (settled.divertedIn !== undefined) {
    const diverted = divertedWrite(settled.divertedIn, source);
    if (diverted === undefined) return undefined;
    writes.push(diverted);
  }
  return { writes, paidIn, sentOut };
}

/** The account beside the vault that takes a part of what was paid; no venue does so with a Token-2022 mint. */
function divertedWrite(
  { account, amount }: NonNullable<SettledPaid<PoolState>['divertedIn']>,
  source: AccountSource,
): AccountWrite | undefined {
  return vaultPaid(account, amount, source);
}

/** A vault that its program's users have paid `amount` base units into, or withdrawn where negative. */
export function vaultPaid(vault: Address, amount: bigint, source: AccountSource): AccountWrite | undefined {
  const account = source(vault);
  const held = account ? amountOfSameAccount(account, account) : undefined;
  if (!account || held === undefined || held + amount < 0n) return undefined;
  return { address: vault, account: withTokenAmount(account, held + amount) };
}

/** The mint's facts when its transfers may take a fee. */
function feeMint(mint: Address, tokenProgram: Address, source: AccountSource): MintFacts | undefined {
  if (tokenProgram !== TOKEN_2022_PROGRAM) return undefined;
  const account = source(mint);
  const facts = account ? decodeMint(mint, account) : undefined;
  return facts?.ok && facts.value.transferFee !== undefined ? facts.value : undefined;
}
