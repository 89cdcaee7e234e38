import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Address } from '../../shared/core/address.ts';
import { ArbError } from '../../shared/core/errors.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import { LOCAL_NODE_MEMORY_FLAGS } from '../../shared/platform/memory-settings.ts';
import type { FeedSource } from './main.ts';
import type { OutsideAddresses } from './outside-apis.ts';
import { throwIfStopped } from './shutdown.ts';
import { type SkippedPool, selectPools } from './universe.ts';

export interface LocalNodeRequest {
  /** `built-in`, or the path of a snapshot file. */
  readonly market: string;
  readonly seed: number;
  /** What its chain is, and becomes. */
  readonly sim: Config['sim'];
  /** Aborted: it is given up while it starts, with `stopped`. */
  readonly signal?: AbortSignal;
}

export type LocalNodeReply =
  | {
      readonly ok: true;
      readonly rpcUrl: string;
      readonly wsUrl: string;
      readonly pools: readonly { readonly venue: string; readonly address: Address }[];
      readonly skipped: readonly SkippedPool[];
      readonly symbols: ReadonlyMap<Address, string>;
      readonly apis: OutsideAddresses;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** A market served as a validator would, on loopback, by the wall clock, in a process of its own. */
export interface LocalNodeProcess {
  readonly feed: FeedSource;
  stop(): Promise<void>;
}

/** Until the process has to have ended once it is let go. */
const EXIT_MS = 300;
const STOPPED: LocalNodeReply = { ok: false, code: 'stopped', message: 'stopped while starting' };

/** Starts the node. Rejects with what the market file or the ports are refused with. */
export async function startLocalNodeProcess({
  market,
  seed,
  sim,
  signal,
}: LocalNodeRequest): Promise<LocalNodeProcess> {
  throwIfStopped(signal);
  const program = fileURLToPath(new URL('./local-node-process.ts', import.meta.url));
  const child = fork(program, [market, String(seed), JSON.stringify(sim)], {
    serialization: 'advanced',
    execArgv: [...process.execArgv, ...LOCAL_NODE_MEMORY_FLAGS],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const reply = await new Promise<LocalNodeReply>((resolve) => {
    child.once('message', (message) => resolve(message as LocalNodeReply));
    void exited.then(() =>
      resolve({ ok: false, code: 'local-node-failed', message: 'the local node ended before it was up' }),
    );
    signal?.addEventListener('abort', () => resolve(STOPPED), { once: true });
  });
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    // While it still builds its market it hears nothing.
    const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
    await exited;
    clearTimeout(timer);
  };
  if (!reply.ok) {
    await stop();
    throw new ArbError(reply.code, reply.message, { market });
  }
  const { rpcUrl, wsUrl, symbols, apis } = reply;
  const { pools, skipped } = selectPools(reply.pools);
  const endpoints = [{ name: 'local', provider: 'generic', url: rpcUrl, wsUrl } as const];
  return { feed: { endpoints, symbols, apis, pools, skipped: [...reply.skipped, ...skipped] }, stop };
}
