import { isDeepStrictEqual } from 'node:util';
import type { AccountSource, AccountWrite } from '../core/account.ts';
import { type Address, TOKEN_2022_PROGRAM } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import {
  amountOfSameAccount,
  decodeMint,
  type MintFacts,
  preTransferFeeAmount,
  transferFee,
  withTokenAmount,
} from '../venues/token.ts';
import type { PoolState, SettledPaid, Venue } from '../venues/venue.ts';

export interface VaultWrites {
  readonly writes: readonly AccountWrite[];
  /** Base units that left the trader. */
  readonly paidIn: bigint;
  /** Base units that left the pool; a transfer fee on the way to the trader is still in them. */
  readonly sentOut: bigint;
}

/**
 * The two vaults of a pool after a settled swap: what the trader sent has arrived less its transfer fee, which the
 * vault withholds, and what the pool sent has left. Undefined when a vault cannot pay or cannot be read.
 */
export function vaultWrites(swap: {
  readonly venue: Venue;
  readonly before: PoolState;
  readonly settled: SettledPaid<PoolState>;
  readonly aToB: boolean;
  readonly clock: ChainClock;
  readonly source: AccountSource;
}): VaultWrites | undefined {
  const { before, settled, aToB, clock, source } = swap;
  const { epoch } = clock;
  const [vaultIn, vaultOut] = aToB ? [before.vaultA, before.vaultB] : [before.vaultB, before.vaultA];
  const [mintIn, mintOut] = aToB ? [before.mintA, before.mintB] : [before.mintB, before.mintA];
  const [programIn, programOut] = aToB
    ? [before.tokenProgramA, before.tokenProgramB]
    : [before.tokenProgramB, before.tokenProgramA];
  const accountIn = source(vaultIn);
  const accountOut = source(vaultOut);
  if (!accountIn || !accountOut) return undefined;
  // Against itself: the amount, checked, without decoding the two addresses.
  const heldIn = amountOfSameAccount(accountIn, accountIn);
  const heldOut = amountOfSameAccount(accountOut, accountOut);
  if (heldIn === undefined || heldOut === undefined) return undefined;

  const paidIn = settled.consumedIn;
  const factsIn = feeMint(mintIn, programIn, source);
  const feeIn = factsIn === undefined ? 0n : transferFee(factsIn, epoch, paidIn);
  const writeIn: AccountWrite = {
    address: vaultIn,
    account: withTokenAmount(accountIn, heldIn + paidIn - feeIn, feeIn),
  };
  const writeOut = (sent: bigint): AccountWrite => ({
    address: vaultOut,
    account: withTokenAmount(accountOut, heldOut - sent),
  });
  const factsOut = feeMint(mintOut, programOut, source);
  const candidates = sentCandidates(factsOut, epoch, settled.amountOut);
  const payable = candidates.filter((sent) => sent <= heldOut);
  const exact =
    payable.length > 1
      ? payable.find((sent) => leavesSettledState(swap, [writeIn, writeOut(sent)]))
      : payable[0];
  const sent = exact ?? payable[0];
  if (sent === undefined) return undefined;
  return {
    writes: [writeIn, writeOut(sent)],
    paidIn,
    sentOut: sent,
  };
}

/** The mint's facts when its transfers may take a fee. */
function feeMint(mint: Address, tokenProgram: Address, source: AccountSource): MintFacts | undefined {
  if (tokenProgram !== TOKEN_2022_PROGRAM) return undefined;
  const account = source(mint);
  const facts = account ? decodeMint(mint, account) : undefined;
  return facts?.ok && facts.value.transferFee !== undefined ? facts.value : undefined;
}

/** Base units that, once sent, arrive as `amountOut`: a rounded-up transfer fee can leave more than one. */
function sentCandidates(mint: MintFacts | undefined, epoch: number, amountOut: bigint): readonly bigint[] {
  if (mint === undefined) return [amountOut];
  const near = preTransferFeeAmount(mint, epoch, amountOut);
  return [near - 1n, near, near + 1n].filter(
    (sent) => sent >= 0n && sent - transferFee(mint, epoch, sent) === amountOut,
  );
}

function leavesSettledState(
  swap: { readonly venue: Venue; readonly settled: SettledPaid<PoolState>; readonly source: AccountSource },
  vaults: readonly AccountWrite[],
): boolean {
  const { venue, settled, source } = swap;
  const written = new Map(
    [...venue.write(settled.state, source), ...vaults].map(({ address, account }) => [address, account]),
  );
  const reloaded = venue.load(settled.state.address, (address) => written.get(address) ?? source(address));
  return reloaded.ok && isDeepStrictEqual(reloaded.state, settled.state);
}
