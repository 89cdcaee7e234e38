import { addressAt, SYSTEM_PROGRAM } from '../../../shared/core/address.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { createRandom } from '../../../shared/core/random.ts';
import type { AccountStream } from '../../../shared/platform/feed/account-stream.ts';
import { createAccountStream } from '../../../shared/platform/feed/account-stream.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import { createRpcClient } from '../../../shared/platform/rpc/rpc-client.ts';
import { type Bank, createBank } from '../../../shared/sim/chain/bank.ts';
import { type FaultProxy, openFaultProxy } from '../../../shared/sim/fault-proxy/fault-proxy.ts';
import { openLatencyFront } from '../../../shared/sim/fault-proxy/latency-front.ts';
import { startLocalNode } from '../../../shared/sim/wire/node.ts';

export interface OutagesParams {
  /** How many outages, all at one time, each with a stream of its own. */
  readonly count: number;
  /** Of the shortest and of the longest. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One outage: everything refused for so long, HTTP so slow, and how long from its end until every account was sure. */
export interface Outage {
  readonly seconds: number;
  readonly rpcLatencyMs: number;
  /** -1: not within a minute. */
  readonly backMs: number;
  readonly reason: string;
}

export interface OutagesReport {
  readonly ok: boolean;
  readonly outages: number;
  readonly boundMs: number;
  readonly backMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly late: number;
  readonly runs: readonly Outage[];
}

const BOUND_MS = 10_000;
const GIVEN_UP_MS = 60_000;
const ACCOUNTS = 12;
const LATENCIES_MS = [0, 100, 200, 300, 400, 500];
const POLL_MS = 20;

/**
 * Real sockets, one chain: each stream loses its endpoint for its own time and gets it back. All of them at once, so that
 * the whole lasts as long as the longest.
 */
export async function runOutages(params: OutagesParams): Promise<OutagesReport> {
  const { count, fromSeconds, toSeconds } = params;
  const bank = createBank({ startSlot: 300_000_000, startUnixTimestamp: 1_700_000_000 });
  for (let n = 0; n < ACCOUNTS; n++) write(bank, n, 0);
  let turn = 0;
  const node = await startLocalNode({ bank, onSlotStart: () => write(bank, turn % ACCOUNTS, ++turn) });
  try {
    const runs = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const share = count === 1 ? 0 : i / (count - 1);
        const seconds = Math.round(fromSeconds + share * (toSeconds - fromSeconds));
        return runOutage(params, node, seconds, LATENCIES_MS[i % LATENCIES_MS.length]!, i);
      }),
    );
    return reportOf(runs);
  } finally {
    await node.stop();
  }
}

function write(bank: Bank, n: number, value: number): void {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setUint32(0, value);
  bank.set({ address: addressOf(n), account: { owner: SYSTEM_PROGRAM, lamports: 1n, data } });
}

function addressOf(n: number) {
  return addressAt(new Uint8Array(32).fill(3).with(0, n + 1));
}

async function runOutage(
  { clock, signal }: OutagesParams,
  node: { readonly rpcUrl: string; readonly wsUrl: string },
  seconds: number,
  rpcLatencyMs: number,
  index: number,
): Promise<Outage> {
  const random = createRandom(`outage ${index}`);
  const slow = await openLatencyFront(node.rpcUrl, rpcLatencyMs);
  const proxy = await openFaultProxy({ rpcUrl: slow.url, wsUrl: node.wsUrl, random: random.fork('proxy') });
  const stream = openStream(proxy, clock, random);
  try {
    const started = await untilWhole(stream, clock, signal);
    if (started < 0)
      return { seconds, rpcLatencyMs, backMs: -1, reason: `never live: ${stream.status().reason}` };
    await proxy.set('refused');
    await sleep(seconds * 1_000, signal);
    await proxy.set(undefined);
    const backMs = Math.round(await untilWhole(stream, clock, signal));
    return { seconds, rpcLatencyMs, backMs, reason: backMs < 0 ? stream.status().reason : '' };
  } finally {
    await stream.stop();
    await proxy.close();
    await slow.close();
  }
}

function openStream(proxy: FaultProxy, clock: Clock, random: ReturnType<typeof createRandom>): AccountStream {
  const stream = createAccountStream({
    endpoints: [{ name: 'one', provider: 'generic', wsUrl: proxy.wsUrl }],
    rpc: createRpcClient({ url: proxy.rpcUrl, clock, random }),
    commitment: 'processed',
    tellAt: 'slot',
    // Thirty streams and their node share one thread here: what is measured is the way back, not this machine.
    maxLagMs: 1_000,
    maxSlotLag: 8,
    clock,
    random,
    onEvent: () => {},
    log: () => {},
  });
  stream.watch(Array.from({ length: ACCOUNTS }, (_, n) => addressOf(n)));
  stream.start();
  return stream;
}

/** Milliseconds until every account may be relied on; -1 where that does not come. */
async function untilWhole(stream: AccountStream, clock: Clock, signal: AbortSignal): Promise<number> {
  const fromMicros = clock.monotonicMicros();
  for (;;) {
    const { state, accounts, confirmed } = stream.status();
    const tookMs = (clock.monotonicMicros() - fromMicros) / 1_000;
    if (state === 'live' && confirmed === accounts) return tookMs;
    if (tookMs > GIVEN_UP_MS || !(await sleep(POLL_MS, signal))) return -1;
  }
}

function reportOf(runs: readonly Outage[]): OutagesReport {
  const times = runs.map(({ backMs }) => (backMs < 0 ? GIVEN_UP_MS : backMs)).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.max(0, Math.ceil(times.length * share) - 1)] ?? 0;
  const late = times.filter((ms) => ms > BOUND_MS).length;
  return {
    ok: runs.length > 0 && late === 0,
    outages: runs.length,
    boundMs: BOUND_MS,
    backMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    late,
    runs,
  };
}

/** For a person who watches. */
export function outagesLines({ outages, backMs, late, runs }: OutagesReport): readonly string[] {
  return [
    ...runs.map(({ seconds, rpcLatencyMs, backMs: ms, reason }) => {
      const back = ms < 0 ? `NOT BACK (${reason})` : `back in ${ms} ms`;
      return `${seconds} s away, RPC at ${rpcLatencyMs} ms: ${back}`;
    }),
    `${outages} outages: back within ${backMs.p50} ms (p50), ${backMs.max} ms (most); ${late} later than ten seconds`,
  ];
}
