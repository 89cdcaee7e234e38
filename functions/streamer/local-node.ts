import { Worker } from 'node:worker_threads';
import type { Address } from '../../shared/core/address.ts';
import { ArbError } from '../../shared/core/errors.ts';
import type { FeedSource } from './main.ts';
import { type SkippedPool, selectPools } from './universe.ts';

export interface LocalNodeRequest {
  /** `built-in`, or the path of a snapshot file. */
  readonly market: string;
  readonly seed: number;
}

export type LocalNodeReply =
  | {
      readonly ok: true;
      readonly rpcUrl: string;
      readonly wsUrl: string;
      readonly pools: readonly { readonly venue: string; readonly address: Address }[];
      readonly skipped: readonly SkippedPool[];
      readonly symbols: ReadonlyMap<Address, string>;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** A market served as a validator would, on loopback, a slot every 400 ms, in a thread of its own. */
export interface LocalNodeProcess {
  readonly feed: FeedSource;
  stop(): Promise<void>;
}

/** Starts the node. Rejects with what the market file or the ports are refused with. */
export async function startLocalNodeThread(request: LocalNodeRequest): Promise<LocalNodeProcess> {
  const worker = new Worker(new URL('./local-node-worker.ts', import.meta.url), { workerData: request });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const reply = await new Promise<LocalNodeReply>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if (!reply.ok) {
    await exited;
    throw new ArbError(reply.code, reply.message, { market: request.market });
  }
  const { rpcUrl, wsUrl, symbols } = reply;
  const { pools, skipped } = selectPools(reply.pools);
  return {
    feed: { rpcUrl, wsUrl, symbols, pools, skipped: [...reply.skipped, ...skipped] },
    async stop() {
      worker.postMessage('stop');
      await exited;
    },
  };
}
