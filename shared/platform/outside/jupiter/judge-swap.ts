import {
  type Address,
  ASSOCIATED_TOKEN_PROGRAM,
  associatedTokenAddress,
  COMPUTE_BUDGET_PROGRAM,
  JUPITER_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { type Outcome, refusal, success } from '../../../core/outcome.ts';
import { BPS } from '../../../core/units.ts';
import type { BackupAsk } from '../../../execution/backup-router.ts';
import type { JupiterQuote } from './quote-answer.ts';
import type { JupiterSwap } from './swap-answer.ts';

/** Where a route instruction has what it holds to. */
interface RouteLayout {
  /** Of u64 in, u64 quoted out and u16 slippage bps in a row; counted from the end where negative. */
  readonly at: number;
  /** Of each fee in basis points after them. */
  readonly feeBytes: readonly (1 | 2)[];
  readonly leastBytes: number;
}

/**
 * By Anchor's discriminator: `route` and `shared_accounts_route`, whose arguments end in them and a u8 platform fee;
 * `route_v2` and `shared_accounts_route_v2` (with an id of one byte before), whose arguments begin with them, a u16
 * platform fee and what of a better price is kept, u16. From the IDL of the program.
 */
const ROUTES: ReadonlyMap<string, RouteLayout> = new Map([
  ['e517cb977ae3ad2a', { at: -19, feeBytes: [1], leastBytes: 8 + 19 }],
  ['c1209b3341d69c81', { at: -19, feeBytes: [1], leastBytes: 8 + 19 }],
  ['bb64facc31c4af14', { at: 8, feeBytes: [2, 2], leastBytes: 8 + 22 }],
  ['d19853937cfed8e9', { at: 9, feeBytes: [2, 2], leastBytes: 9 + 22 }],
]);
const SET_UNIT_LIMIT = 2;
const SET_UNIT_PRICE = 3;
const CREATE_IDEMPOTENT = 1;

/** What a swap may ask for. */
export interface SwapLimits {
  /** More than this it must not offer for a compute unit. */
  readonly maxUnitPriceMicroLamports: bigint;
  /** Compute units that one transaction of the chain may use. */
  readonly transactionUnits: number;
}

export interface JudgedSwap {
  readonly instructions: readonly Instruction[];
  /** What the program really holds to, by the instruction's own bytes. */
  readonly minimumOut: bigint;
}

/**
 * Whether the instructions do the quoted swap for its owner and nothing else: known programs, no signer but the owner,
 * the owner's own token accounts, a bounded compute budget, and in the swap's bytes the amount and the least that were
 * asked. The refusal's detail says what they would do instead.
 */
export function judgeSwap(
  ask: BackupAsk,
  quote: JupiterQuote,
  swap: JupiterSwap,
  limits: SwapLimits,
): Outcome<JudgedSwap, 'unsafe-instructions'> {
  const unsafe = (detail: string) => refusal('unsafe-instructions' as const, detail);
  if (swap.others.length > 0) return unsafe(`${swap.others.length} instructions that a swap does not need`);
  if (swap.cleanup.length > 0) return unsafe('an instruction after the swap, though wSOL stays as it is');
  const instructions = [...swap.computeBudget, ...swap.setup, swap.swap];
  for (const { accounts } of instructions) {
    const foreign = accounts.find(({ address, isSigner }) => isSigner && address !== ask.owner);
    if (foreign !== undefined) return unsafe(`a signature of ${foreign.address}`);
  }
  const problem =
    budgetProblem(swap.computeBudget, limits) ??
    setupProblem(swap.setup, ask.owner) ??
    swapProblem(swap.swap, ask, quote);
  if (problem !== undefined) return unsafe(problem);
  const { least } = readRoute(swap.swap)!;
  return success({ instructions, minimumOut: least });
}

function budgetProblem(
  instructions: readonly Instruction[],
  { maxUnitPriceMicroLamports: maxUnitPrice, transactionUnits }: SwapLimits,
): string | undefined {
  for (const { programId, data } of instructions) {
    if (programId !== COMPUTE_BUDGET_PROGRAM) return `program ${programId} among the compute budget`;
    const view = viewOf(data);
    if (data[0] === SET_UNIT_LIMIT && data.length === 5) {
      if (view.getUint32(1, true) > transactionUnits) return `${view.getUint32(1, true)} compute units`;
    } else if (data[0] === SET_UNIT_PRICE && data.length === 9) {
      const price = view.getBigUint64(1, true);
      if (price > maxUnitPrice) return `${price} micro-lamports a compute unit, over ${maxUnitPrice}`;
    } else return `compute-budget instruction ${data[0]}`;
  }
  return undefined;
}

/** Only token accounts of the owner may be made, and only such that are there already or cost their rent. */
function setupProblem(instructions: readonly Instruction[], owner: Address): string | undefined {
  for (const { programId, accounts, data } of instructions) {
    if (programId !== ASSOCIATED_TOKEN_PROGRAM) return `program ${programId} among the setup`;
    if (data.length !== 1 || data[0] !== CREATE_IDEMPOTENT) return 'a setup that is no CreateIdempotent';
    const [payer, made, holder, mint, , tokenProgram] = accounts.map(({ address }) => address);
    if (payer !== owner || holder !== owner) return `a token account of ${holder} paid by ${payer}`;
    if (made === undefined || mint === undefined || !isTokenProgram(tokenProgram)) {
      return 'a setup with accounts missing';
    }
    if (made !== associatedTokenAddress(owner, mint, tokenProgram))
      return `an account ${made} of no such owner`;
  }
  return undefined;
}

function swapProblem(swap: Instruction, ask: BackupAsk, quote: JupiterQuote): string | undefined {
  const { programId, accounts, data } = swap;
  if (programId !== JUPITER_PROGRAM) return `program ${programId} for the swap`;
  const route = readRoute(swap);
  if (route === undefined) return `swap instruction ${Buffer.from(data.subarray(0, 8)).toString('hex')}`;
  const named = (mint: Address): boolean =>
    [TOKEN_PROGRAM, TOKEN_2022_PROGRAM].some((program) => {
      const own = associatedTokenAddress(ask.owner, mint, program);
      return accounts.some(({ address, isWritable }) => address === own && isWritable);
    });
  if (!accounts.some(({ address, isSigner }) => address === ask.owner && isSigner))
    return 'a swap not the owner’s';
  if (!named(ask.mintIn)) return `a swap out of another account than the owner’s for ${ask.mintIn}`;
  if (!named(ask.mintOut)) return `a swap into another account than the owner’s for ${ask.mintOut}`;
  const { amountIn, slippageBps, feesBps, least } = route;
  if (amountIn !== ask.amountIn) return `${amountIn} in, not ${ask.amountIn}`;
  if (slippageBps > ask.maxSlippageBps) return `${slippageBps} bps of slippage, over ${ask.maxSlippageBps}`;
  const feeBps = feesBps.find((bps) => bps !== 0);
  if (feeBps !== undefined) return `a platform fee of ${feeBps} bps`;
  return least < leastOfQuote(quote)
    ? `at least ${least} out, less than the ${leastOfQuote(quote)} quoted`
    : undefined;
}

/** What the program will hold to, by the instruction's own bytes; undefined for one that is no known route. */
function readRoute({ data }: Instruction) {
  const layout = ROUTES.get(Buffer.from(data.subarray(0, 8)).toString('hex'));
  if (layout === undefined || data.length < layout.leastBytes) return undefined;
  const view = viewOf(data);
  const at = layout.at < 0 ? data.length + layout.at : layout.at;
  const slippageBps = view.getUint16(at + 16, true);
  let feeAt = at + 18;
  const feesBps = layout.feeBytes.map((bytes) => {
    const bps = bytes === 1 ? view.getUint8(feeAt) : view.getUint16(feeAt, true);
    feeAt += bytes;
    return bps;
  });
  // The program multiplies its quoted amount by what slippage leaves, rounded down.
  const kept = BPS - BigInt(Math.min(slippageBps, Number(BPS)));
  const least = (view.getBigUint64(at + 8, true) * kept) / BPS;
  return { amountIn: view.getBigUint64(at, true), slippageBps, feesBps, least };
}

function leastOfQuote({ amountOut, slippageBps }: JupiterQuote): bigint {
  return (amountOut * (BPS - BigInt(slippageBps))) / BPS;
}

function isTokenProgram(address: Address | undefined): address is Address {
  return address === TOKEN_PROGRAM || address === TOKEN_2022_PROGRAM;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
