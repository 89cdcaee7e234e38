import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Address } from '../../../shared/core/address.ts';
import { errorCodeOf } from '../../../shared/core/error-codes.ts';
import { ArbError, errorText } from '../../../shared/core/errors.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { LOCAL_NODE_MEMORY_FLAGS } from '../../../shared/platform/process/memory-settings.ts';
import { type SkippedPool, selectPools } from '../../../shared/run/universe.ts';
import type { FeedSource, OutsideAddresses } from '../feed-source.ts';
import { throwIfStopped } from '../shutdown.ts';

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
  /** How it ended, where it was not told to: its chain is gone with it. Never rejects. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** The market of a run is gone: with the prefix of what is wrong with the machine and not with the program. */
const NODE_ENDED = 'market-node-ended';
/** Until the process has to have ended once it is let go. */
const EXIT_MS = 300;
const STOPPED: LocalNodeReply = { ok: false, code: 'stopped', message: 'stopped while starting' };

/** What a run is ended with whose node has ended by itself. */
export function nodeEnded(how: string): ArbError {
  const why = `the local node ended by itself (${how}), and its chain with it: nothing can be traded; start again`;
  return new ArbError(NODE_ENDED, why, { how });
}

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
  let stopping = false;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
    // It could not be started at all.
    child.once('error', (error) => resolve(errorText(error)));
  });
  const ended = new Promise<string>((resolve) => {
    void exited.then((how) => {
      if (!stopping) resolve(how);
    });
  });
  const reply = await new Promise<LocalNodeReply>((resolve) => {
    child.once('message', (message) => resolve(message as LocalNodeReply));
    void exited.then((how) =>
      resolve({ ok: false, code: NODE_ENDED, message: `the local node ended before it was up: ${how}` }),
    );
    signal?.addEventListener('abort', () => resolve(STOPPED), { once: true });
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    if (child.connected) child.disconnect();
    // While it still builds its market it hears nothing.
    const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
    await exited;
    clearTimeout(timer);
  };
  if (!reply.ok) {
    await stop();
    throw new ArbError(errorCodeOf(reply.code), reply.message, { market });
  }
  const { rpcUrl, wsUrl, symbols, apis } = reply;
  const { pools, skipped } = selectPools(reply.pools);
  const endpoints = [{ name: 'local', provider: 'generic', url: rpcUrl, wsUrl } as const];
  return { feed: { endpoints, symbols, apis, pools, skipped: [...reply.skipped, ...skipped] }, ended, stop };
}
