import { type ApiReply, type ApiRequest, type ApiServer, startApiServer } from '../../apis/api-server.ts';
import type { Bank } from '../../chain/bank.ts';
import { inContext } from '../rpc/context.ts';
import { answer, type RpcMethods } from '../rpc/dispatch.ts';
import type { Json } from '../rpc/json-text.ts';
import { choice, config, list, transactionBytes } from '../rpc/params.ts';
import { invalidParams } from '../rpc/rpc-error.ts';
import type { BlockEngine } from './block-engine.ts';
import { checkedBundle, readBundle } from './bundle.ts';
import { createCallLimit } from './call-limit.ts';

export interface BlockEngineServerOptions {
  readonly bank: Bank;
  readonly engine: BlockEngine;
  readonly port?: number;
  /** Of each caller. Default: no limit. */
  readonly requestsPerSecond?: number;
  /** What callers must send as `x-jito-auth`; nothing is asked for without it. */
  readonly token?: string;
  /** Auctions by the wall clock; 0: somebody else calls them. */
  readonly auctionMs?: number;
}

const AUCTION_MS = 50;
const MOST_STATUSES = 5;
const LAMPORTS_PER_SOL = 1e9;
const RATE_LIMITED = { code: -32_097, message: 'Network congested. Endpoint is globally rate limited.' };
const UNAUTHORIZED = { code: -32_000, message: 'Invalid x-jito-auth' };

/** A block engine over JSON-RPC on loopback, and its auctions by the clock. Throws `port-in-use`. */
export async function startBlockEngineServer(options: BlockEngineServerOptions): Promise<ApiServer> {
  const { bank, engine, auctionMs = AUCTION_MS } = options;
  const limit =
    options.requestsPerSecond === undefined
      ? undefined
      : createCallLimit(options.requestsPerSecond, () => performance.now());
  /** Of the request at hand: sendTransaction answers with a signature, and names its bundle in a header. */
  let bundleId: string | undefined;

  const bundles: RpcMethods = new Map([
    [
      'sendBundle',
      (params) => {
        const bundle = readBundle(bank, params, engine.rules);
        engine.submit(bundle);
        return bundle.id;
      },
    ],
    ['getTipAccounts', () => [...engine.rules.tipAccounts]],
    ['getInflightBundleStatuses', (params) => inContext(bank.slotAt('processed'), inflight(params))],
    ['getBundleStatuses', (params) => inContext(bank.slotAt('processed'), landed(params))],
  ]);
  const transactions: RpcMethods = new Map([
    [
      'sendTransaction',
      (params) => {
        const encoding = choice(config(params[1]).encoding, ['base58', 'base64'], 'base58');
        const bundle = checkedBundle(bank, [transactionBytes(params[0], encoding)], engine.rules);
        engine.submit(bundle);
        bundleId = bundle.id;
        return bundle.signatures[0]!;
      },
    ],
  ]);

  function ids(params: readonly unknown[]): readonly string[] {
    const asked = list(params[0]).map(String);
    if (asked.length > MOST_STATUSES) throw invalidParams('Only a maximum of 5 bundle ids are allowed');
    return asked;
  }

  function inflight(params: readonly unknown[]): Json {
    return ids(params).map((id) => {
      const { status, slot } = engine.status(id);
      return { bundle_id: id, status, landed_slot: slot ?? null };
    });
  }

  /** Only what is in a block and can be read there: the rest is missing, without a word. */
  function landed(params: readonly unknown[]): Json {
    return ids(params).flatMap((id) => {
      const { slot } = engine.status(id);
      const bundle = engine.bundle(id);
      if (slot === undefined || bundle === undefined || slot > bank.slotAt('processed')) return [];
      const at = (['finalized', 'confirmed'] as const).find((commitment) => slot <= bank.slotAt(commitment));
      return [
        {
          bundle_id: id,
          transactions: [...bundle.signatures],
          slot,
          confirmation_status: at ?? 'processed',
          err: { Ok: null },
        },
      ];
    });
  }

  function serve(request: ApiRequest): ApiReply {
    const { method, path, headers, body } = request;
    if (method === 'GET' && path === '/api/v1/bundles/tip_floor')
      return { status: 200, body: tipFloor(engine) };
    const methods =
      path === '/api/v1/bundles' ? bundles : path === '/api/v1/transactions' ? transactions : undefined;
    if (methods === undefined || method !== 'POST') return { status: 404, body: 'Not Found' };
    const caller = headers['x-jito-auth'];
    if (options.token !== undefined && caller !== options.token) return refused(401, UNAUTHORIZED);
    if (limit?.admits(String(caller)) === false) return refused(429, RATE_LIMITED);
    bundleId = undefined;
    const reply = JSON.parse(answer(body, methods) ?? '{}') as { readonly error?: unknown };
    return {
      status: reply.error === undefined ? 200 : 400,
      body: reply,
      ...(bundleId === undefined ? {} : { headers: { 'x-bundle-id': bundleId } }),
    };
  }

  const server = await startApiServer(serve, options.port);
  const timer = auctionMs === 0 ? undefined : setInterval(() => engine.auction(), auctionMs);
  return {
    get url() {
      return server.url;
    },
    get port() {
      return server.port;
    },
    get requests() {
      return server.requests;
    },
    setFault: (fault) => server.setFault(fault),
    async stop() {
      clearInterval(timer);
      engine.stop();
      await server.stop();
    },
  };
}

function refused(status: number, error: { readonly code: number; readonly message: string }): ApiReply {
  return { status, body: { jsonrpc: '2.0', error, id: null } };
}

/** In SOL, as floating-point numbers. */
function tipFloor({ landedTips }: BlockEngine): unknown {
  const sorted = landedTips.map(Number).sort((a, b) => a - b);
  const at = (share: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / LAMPORTS_PER_SOL;
  return [
    {
      time: new Date().toISOString(),
      landed_tips_25th_percentile: at(0.25),
      landed_tips_50th_percentile: at(0.5),
      landed_tips_75th_percentile: at(0.75),
      landed_tips_95th_percentile: at(0.95),
      landed_tips_99th_percentile: at(0.99),
      ema_landed_tips_50th_percentile: at(0.5),
    },
  ];
}
