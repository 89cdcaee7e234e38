import { type Address, isAddress } from '../../core/address.ts';
import type { Bank } from '../chain/bank.ts';
import type { LandedTransaction, TokenBalance } from '../chain/transaction.ts';
import { type ApiReply, type ApiRequest, type ApiServer, startApiServer } from './api-server.ts';

export interface HeliusServerOptions {
  readonly bank: Bank;
  /** 0, or absent, for any free one. */
  readonly port?: number;
  /** Requests without this key get 401. */
  readonly apiKey: string;
  /** The median fee where nobody has bid, micro-lamports a unit. */
  readonly quietMicroLamports?: number;
}

const LOOKBACK_SLOTS = 150;
const QUIET_MICRO_LAMPORTS = 100_000;
const MAX_SIGNATURES = 100;
/** Where each level stands among the bids, and against the median where there are none. */
const LEVELS = {
  min: [0, 0],
  low: [25, 0.5],
  medium: [50, 1],
  high: [75, 1.5],
  veryHigh: [95, 3],
  unsafeMax: [100, 10],
};

/**
 * Helius's own methods on loopback, answered from a bank: `getPriorityFeeEstimate` over JSON-RPC from what landed in
 * the last 150 slots (a fixed figure where nobody bid), `POST /v0/transactions` from the transactions themselves.
 */
export function startHeliusServer(options: HeliusServerOptions): Promise<ApiServer> {
  const { bank, apiKey, port = 0, quietMicroLamports = QUIET_MICRO_LAMPORTS } = options;
  return startApiServer((request) => {
    if (request.query.get('api-key') !== apiKey) {
      return { status: 401, body: { error: { code: -32401, message: 'invalid api key provided' } } };
    }
    if (request.method === 'POST' && request.path === '/') return rpc(bank, request, quietMicroLamports);
    if (request.method === 'POST' && request.path === '/v0/transactions') return transactions(bank, request);
    return { status: 404, body: { error: 'Method not found' } };
  }, port);
}

function rpc(bank: Bank, { body }: ApiRequest, quiet: number): ApiReply {
  const call = parsed(body) as { id?: unknown; method?: unknown; params?: unknown } | undefined;
  const answer = (rest: object): ApiReply => ({
    status: 200,
    body: { jsonrpc: '2.0', id: call?.id ?? null, ...rest },
  });
  if (call?.method !== 'getPriorityFeeEstimate') {
    return answer({ error: { code: -32601, message: 'Method not found' } });
  }
  const [asked] = (Array.isArray(call.params) ? call.params : []) as { accountKeys?: unknown }[];
  const keys = Array.isArray(asked?.accountKeys) ? (asked.accountKeys as unknown[]) : [];
  if (!keys.every((key) => typeof key === 'string' && isAddress(key))) {
    return answer({ error: { code: -32602, message: 'Invalid account key' } });
  }
  const bids = bidsOn(bank, keys as Address[]);
  const at = ([percent = 0, share = 0]: readonly number[]): number =>
    bids.length === 0
      ? quiet * share
      : bids[Math.min(bids.length - 1, Math.floor((bids.length * percent) / 100))]!;
  const levels = Object.fromEntries(Object.entries(LEVELS).map(([name, level]) => [name, at(level)]));
  return answer({ result: { priorityFeeEstimate: levels.medium, priorityFeeLevels: levels } });
}

/** What the transactions that write one of the accounts have bid, lowest first; all of them when none are named. */
function bidsOn(bank: Bank, keys: readonly Address[]): readonly number[] {
  const bids: number[] = [];
  const last = bank.slotAt('processed');
  for (let slot = Math.max(bank.startSlot, last - LOOKBACK_SLOTS + 1); slot <= last; slot++) {
    for (const { transaction, result } of bank.landedIn(slot)) {
      const writes = (key: Address): boolean =>
        transaction.instructions.some(({ accounts }) =>
          accounts.some(({ address, isWritable }) => address === key && isWritable),
        );
      if (keys.length === 0 || keys.some(writes)) bids.push(Number(result.unitPriceMicroLamports));
    }
  }
  return bids.sort((a, b) => a - b);
}

function transactions(bank: Bank, { body }: ApiRequest): ApiReply {
  const asked = (parsed(body) as { transactions?: unknown } | undefined)?.transactions;
  if (!Array.isArray(asked) || asked.length > MAX_SIGNATURES) {
    return { status: 400, body: { error: 'transactions must be a list of at most 100 signatures' } };
  }
  const known = asked.flatMap((signature) => {
    const landed = typeof signature === 'string' ? bank.landed(signature) : undefined;
    return landed === undefined ? [] : [enhanced(bank, landed)];
  });
  return { status: 200, body: known };
}

function enhanced(bank: Bank, { transaction, result }: LandedTransaction) {
  const { accountKeys, signature, feePayer } = transaction;
  return {
    description: '',
    type: 'UNKNOWN',
    source: 'UNKNOWN',
    fee: Number(result.feeLamports),
    feePayer,
    signature,
    slot: result.slot,
    timestamp: bank.clockAt(result.slot).unixTimestamp,
    nativeTransfers: [],
    tokenTransfers: [],
    accountData: accountKeys.map((account, i) => ({
      account,
      nativeBalanceChange: Number((result.postBalances[i] ?? 0n) - (result.preBalances[i] ?? 0n)),
      tokenBalanceChanges: tokenChanges(account, i, result.preTokenBalances, result.postTokenBalances),
    })),
    transactionError: result.err === null ? null : { error: result.err },
    instructions: [],
    events: {},
  };
}

function tokenChanges(
  account: Address,
  index: number,
  before: readonly TokenBalance[],
  after: readonly TokenBalance[],
) {
  const held = (list: readonly TokenBalance[]) => list.find(({ accountIndex }) => accountIndex === index);
  const [old, now] = [held(before), held(after)];
  const known = now ?? old;
  const change = (now?.amount ?? 0n) - (old?.amount ?? 0n);
  if (known === undefined || change === 0n) return [];
  const rawTokenAmount = { tokenAmount: String(change), decimals: known.decimals };
  return [{ userAccount: known.owner, tokenAccount: account, mint: known.mint, rawTokenAmount }];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
