import {
  type Address,
  ASSOCIATED_TOKEN_PROGRAM,
  associatedTokenAddress,
  COMPUTE_BUDGET_PROGRAM,
  isAddress,
  SYSTEM_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { BPS, U64_MAX } from '../../core/units.ts';
import type { Market } from '../../market/market.ts';
import { lamportsToUnits, referencePrice } from '../../market/reference-price.ts';
import { bestQuote, type QuotedLeg } from '../../routing/sizing/best-quote.ts';
import type { Bank } from '../chain/bank.ts';
import { type RouteStep, routeInstruction } from '../chain/programs/jupiter.ts';
import { type ApiReply, type ApiRequest, type ApiServer, startApiServer } from './api-server.ts';
import { type ChainMarket, createChainMarket } from './chain-market.ts';

export interface JupiterServerOptions {
  readonly bank: Bank;
  readonly pools: readonly { readonly venue: string; readonly address: Address }[];
  /** 0, or absent, for any free one. */
  readonly port?: number;
  /** Requests without this key get 401; absent: none is wanted. */
  readonly apiKey?: string;
}

const DEFAULT_SLIPPAGE_BPS = 50;
const UNIT_LIMIT = 600_000;
const UNIT_PRICE_MICRO_LAMPORTS = 50_000n;
/** A million SOL, so that rounding to base units leaves no mark on a price. */
const PROBE_LAMPORTS = 10n ** 15n;

/**
 * Jupiter's API on loopback: `/swap/v2/build`, the quotes and swap instructions before it, and prices, answered from a
 * bank by the venues' own code. Its
 * routes are one pool or two in a row, never split. Prices take USDC for a dollar.
 */
export function startJupiterServer({
  bank,
  pools,
  port = 0,
  apiKey,
}: JupiterServerOptions): Promise<ApiServer> {
  const chain = createChainMarket(bank, pools);
  const routes: Readonly<Record<string, (request: ApiRequest) => ApiReply>> = {
    'GET /swap/v2/build': (request) => build(chain, request),
    'GET /swap/v1/quote': (request) => quote(chain, request),
    'POST /swap/v1/swap-instructions': (request) => swapInstructions(chain, request),
    'GET /price/v3': (request) => prices(chain, request),
  };
  return startApiServer((request) => {
    if (apiKey !== undefined && request.headers['x-api-key'] !== apiKey) {
      return { status: 401, body: { code: 401, message: 'Unauthorized' } };
    }
    const route = routes[`${request.method} ${request.path}`];
    if (route === undefined) return refused(404, 'NOT_FOUND', 'Route not found');
    return route(request);
  }, port);
}

function quote(chain: ChainMarket, { query }: ApiRequest): ApiReply {
  const mintIn = query.get('inputMint') ?? '';
  const mintOut = query.get('outputMint') ?? '';
  const amount = query.get('amount') ?? '';
  const slippage = query.get('slippageBps') ?? String(DEFAULT_SLIPPAGE_BPS);
  if (!isAddress(mintIn)) return unparsed('inputMint');
  if (!isAddress(mintOut)) return unparsed('outputMint');
  if (!/^\d{1,20}$/.test(amount) || BigInt(amount) > U64_MAX) return unparsed('amount');
  if (!/^\d{1,5}$/.test(slippage) || Number(slippage) > Number(BPS)) return unparsed('slippageBps');
  if (mintIn === mintOut) return refused(400, 'CIRCULAR_ARBITRAGE_IS_DISABLED', 'Same input and output mint');
  const { slot, market } = chain.now();
  const found = bestQuote(market, { mintIn, mintOut, amountIn: BigInt(amount) });
  if (!found.ok) return refused(400, 'COULD_NOT_FIND_ANY_ROUTE', 'Could not find any route');
  const { amountOut, legs } = found.value;
  return {
    status: 200,
    body: {
      inputMint: mintIn,
      inAmount: amount,
      outputMint: mintOut,
      outAmount: String(amountOut),
      otherAmountThreshold: String(leastOut(amountOut, Number(slippage))),
      swapMode: 'ExactIn',
      slippageBps: Number(slippage),
      platformFee: null,
      priceImpactPct: '0',
      routePlan: legs.map((leg) => ({ swapInfo: swapInfo(leg), percent: 100, bps: 10_000 })),
      contextSlot: slot,
      timeTaken: 0.001,
    },
  };
}

/** A quote and its instructions in one, for the taker. */
function build(chain: ChainMarket, request: ApiRequest): ApiReply {
  const taker = request.query.get('taker') ?? '';
  if (!isAddress(taker)) return unparsed('taker');
  const quoted = quote(chain, request);
  if (quoted.status !== 200) return quoted;
  const body = quoted.body as PostedQuote;
  const { market } = chain.now();
  const steps = stepsOf(market, body.routePlan) ?? [];
  const swap = routeInstruction({ ...argsOf(body), owner: taker, steps, edition: 2 });
  return {
    status: 200,
    body: {
      ...body,
      // Of the budget only the price: the limit is left to whoever simulates it.
      computeBudgetInstructions: computeBudget().slice(1).map(plainInstruction),
      setupInstructions: steps.map((step) => plainInstruction(createTokenAccount(taker, step))),
      swapInstruction: plainInstruction(swap),
      cleanupInstruction: null,
      otherInstructions: [],
      tipInstruction: null,
      addressesByLookupTableAddress: null,
      blockhashWithMetadata: { blockhash: Array.from({ length: 32 }, () => 0), lastValidBlockHeight: 0 },
    },
  };
}

function argsOf({ inAmount, outAmount, slippageBps }: PostedQuote) {
  return { amountIn: BigInt(inAmount), quotedOut: BigInt(outAmount), slippageBps };
}

function leastOut(amountOut: bigint, slippageBps: number): bigint {
  return (amountOut * (BPS - BigInt(slippageBps)) + BPS - 1n) / BPS;
}

function swapInfo(leg: QuotedLeg) {
  return {
    ammKey: leg.pool,
    label: leg.venue,
    inputMint: leg.mintIn,
    outputMint: leg.mintOut,
    inAmount: String(leg.amountIn),
    outAmount: String(leg.amountOut),
    feeAmount: '0',
    feeMint: leg.mintIn,
  };
}

/** The parts of a posted quote that the instructions are made from. */
interface PostedQuote {
  readonly inAmount: string;
  readonly outAmount: string;
  readonly slippageBps: number;
  readonly routePlan: readonly {
    readonly swapInfo: { readonly ammKey: Address; readonly inputMint: Address };
  }[];
}

function swapInstructions(chain: ChainMarket, { body }: ApiRequest): ApiReply {
  let posted: { userPublicKey?: unknown; quoteResponse?: PostedQuote };
  try {
    posted = JSON.parse(body) as typeof posted;
  } catch {
    return refused(422, 'UNPROCESSABLE', 'Failed to parse the request body as JSON');
  }
  const { userPublicKey: owner, quoteResponse } = posted;
  if (typeof owner !== 'string' || !isAddress(owner)) return unparsed('userPublicKey');
  const { market } = chain.now();
  const steps = stepsOf(market, quoteResponse?.routePlan ?? []);
  if (quoteResponse === undefined || steps === undefined || steps.length === 0)
    return unparsed('quoteResponse');
  const swap = routeInstruction({ ...argsOf(quoteResponse), owner, steps });
  return {
    status: 200,
    body: {
      otherInstructions: [],
      computeBudgetInstructions: computeBudget().map(plainInstruction),
      setupInstructions: steps.map((step) => plainInstruction(createTokenAccount(owner, step))),
      swapInstruction: plainInstruction(swap),
      cleanupInstruction: null,
      addressLookupTableAddresses: [],
    },
  };
}

function stepsOf(market: Market, plan: PostedQuote['routePlan']): readonly RouteStep[] | undefined {
  const steps: RouteStep[] = [];
  for (const { swapInfo: info } of plan) {
    const entry = market.poolAt(info.ammKey);
    if (entry?.state === undefined) return undefined;
    steps.push({ venue: entry.venue, state: entry.state, aToB: entry.state.mintA === info.inputMint });
  }
  return steps;
}

function computeBudget(): readonly Instruction[] {
  const limit = new DataView(new ArrayBuffer(5));
  limit.setUint8(0, 2);
  limit.setUint32(1, UNIT_LIMIT, true);
  const price = new DataView(new ArrayBuffer(9));
  price.setUint8(0, 3);
  price.setBigUint64(1, UNIT_PRICE_MICRO_LAMPORTS, true);
  return [limit, price].map(({ buffer }) => ({
    programId: COMPUTE_BUDGET_PROGRAM,
    accounts: [],
    data: new Uint8Array(buffer),
  }));
}

/** CreateIdempotent of the account that the step pays into. */
function createTokenAccount(owner: Address, { state, aToB }: RouteStep): Instruction {
  const mint = aToB ? state.mintB : state.mintA;
  const tokenProgram = aToB ? state.tokenProgramB : state.tokenProgramA;
  const plain = (address: Address) => ({ address, isSigner: false, isWritable: false });
  return {
    programId: ASSOCIATED_TOKEN_PROGRAM,
    accounts: [
      { address: owner, isSigner: true, isWritable: true },
      { address: associatedTokenAddress(owner, mint, tokenProgram), isSigner: false, isWritable: true },
      plain(owner),
      plain(mint),
      plain(SYSTEM_PROGRAM),
      plain(tokenProgram),
    ],
    data: Uint8Array.of(1),
  };
}

function plainInstruction({ programId, accounts, data }: Instruction) {
  return {
    programId,
    accounts: accounts.map(({ address, ...flags }) => ({ pubkey: address, ...flags })),
    data: Buffer.from(data).toString('base64'),
  };
}

function prices(chain: ChainMarket, { query }: ApiRequest): ApiReply {
  const { slot, market } = chain.now();
  const body: Record<string, unknown> = {};
  for (const mint of (query.get('ids') ?? '').split(',').slice(0, 50)) {
    if (!isAddress(mint)) continue;
    const usdPrice = dollars(market, mint);
    const decimals = decimalsOf(market, mint);
    if (usdPrice === undefined || decimals === undefined) continue;
    body[mint] = { usdPrice, blockId: slot, decimals, priceChange24h: 0 };
  }
  return { status: 200, body };
}

/** Dollars for one whole token, through SOL. */
function dollars(market: Market, mint: Address): number | undefined {
  const usdc = referencePrice(market, USDC_MINT);
  const price = referencePrice(market, mint);
  const decimals = decimalsOf(market, mint);
  if (usdc === undefined || price === undefined || decimals === undefined) return undefined;
  const usdcUnits = Number(lamportsToUnits(PROBE_LAMPORTS, usdc));
  const mintUnits = Number(lamportsToUnits(PROBE_LAMPORTS, price));
  return (usdcUnits / 1e6 / mintUnits) * 10 ** decimals;
}

function decimalsOf({ pools }: Market, mint: Address): number | undefined {
  if (mint === WSOL_MINT) return 9;
  for (const { state } of pools) {
    if (state?.mintA === mint) return state.decimalsA;
    if (state?.mintB === mint) return state.decimalsB;
  }
  return undefined;
}

function unparsed(field: string): ApiReply {
  return refused(400, 'INVALID_REQUEST', `Query parameter ${field} cannot be parsed`);
}

function refused(status: number, errorCode: string, error: string): ApiReply {
  return { status, body: { error, errorCode } };
}
