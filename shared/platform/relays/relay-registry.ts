import bs58 from 'bs58';
import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Sender, SendOutcome, SendTerms } from '../../execution/sender.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import type { RpcPool } from '../rpc/pool/rpc-pool.ts';
import type { RelayTakes } from './before-sending.ts';
import type { BundleResult } from './bundle-result.ts';
import { createHeliusSender } from './helius-sender.ts';
import { createJitoGrpc, type JitoGrpc } from './jito-grpc.ts';
import { createJitoSender } from './jito-sender.ts';
import { createJitoStatuses, type JitoStatuses } from './jito-statuses.ts';
import { createLandingBook, type LandingBook } from './landing-book.ts';
import type { RelayDesk } from './relay-desk.ts';
import { createRelayLine, type RelayLine } from './relay-line.ts';
import type { RelaySettings } from './relay-settings.ts';
import { createRpcSender } from './rpc-sender.ts';
import { createTipAccounts, type TipAccounts } from './tip-accounts.ts';
import { createVersionBook, type Version, type VersionBook } from './version-probe.ts';

/** One way of a relay: a region of it, or an endpoint of the RPC. */
export interface Outlet {
  readonly name: string;
  readonly region: string;
  readonly sender: Sender;
  /** Reads of a block engine; undefined where there is none. Regions do not know of each other's bundles. */
  readonly statuses: JitoStatuses | undefined;
  /** What a block engine tells by gRPC; undefined of others. */
  readonly engine: Pick<JitoGrpc, 'nextLeader' | 'results'> | undefined;
  readonly landing: LandingBook;
  status(): OutletStatus;
}

export interface OutletStatus {
  readonly name: string;
  readonly host: string;
  readonly up: boolean;
  readonly latencyMs: number;
  readonly errorRate: number;
  /** Why it does not answer, in its own words; '' when it does. */
  readonly problem: string;
}

/** One relay with everything that is learnt of it. */
export interface Relay {
  readonly settings: RelaySettings;
  readonly tips: TipAccounts;
  readonly versions: VersionBook;
  readonly outlets: readonly Outlet[];
  /** Those that are up, the quickest first; the others follow, for what is down is better than nothing. */
  ranked(): readonly Outlet[];
  /** Asks for the list of tip accounts where the relay tells one. False when nothing was told. */
  refreshTipAccounts(deadlineMicros: number): Promise<boolean>;
  /**
   * Sends what can never land to see whether it is read: a transaction of that version with, say, a blockhash of zeros.
   * Its tip is that of any other.
   */
  probe(version: Version, bytes: Uint8Array, signature: string, terms: SendTerms): Promise<SendOutcome>;
}

export interface RelayRegistry {
  readonly relays: readonly Relay[];
  /** Listens to the results of bundles at every block engine that is spoken to by gRPC. */
  listen(): void;
  /** Throws `relay-unknown`, naming those that there are. */
  relay(name: string): Relay;
  close(): Promise<void>;
}

export interface RelayRegistryParams {
  readonly settings: readonly RelaySettings[];
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: ApiBudget;
  /** For relays of protocol `rpc`; its own owner closes it. */
  readonly pool: RpcPool;
  /** Told by the outlet of that name. */
  readonly onResult?: (outlet: string, result: BundleResult) => void;
}

/** Every relay that is configured, none of them asked yet. Adding one of a known protocol is an entry of data. */
export function createRelayRegistry(params: RelayRegistryParams): RelayRegistry {
  const open: Open = { lines: [], engines: [] };
  const relays = params.settings.map((settings) => createRelay(settings, params, open));
  return {
    relays,
    listen: () => {
      for (const engine of open.engines) engine.listen();
    },
    relay(name) {
      const found = relays.find(({ settings }) => settings.name === name);
      if (found !== undefined) return found;
      const known = relays.map(({ settings }) => settings.name).join(', ');
      throw new ArbError('relay-unknown', `there is no relay ${name}: configured are ${known}`, {
        name,
        known,
      });
    },
    async close() {
      for (const engine of open.engines) engine.close();
      await Promise.all(open.lines.map((line) => line.close()));
    },
  };
}

/** What is to be closed. */
interface Open {
  readonly lines: RelayLine[];
  readonly engines: JitoGrpc[];
}

function createRelay(settings: RelaySettings, params: RelayRegistryParams, open: Open): Relay {
  const tips = createTipAccounts(settings.tipAccounts);
  const versions = createVersionBook(settings.versions);
  const takes: RelayTakes = {
    relay: settings.name,
    tip:
      settings.tipAccounts.length === 0
        ? undefined
        : { minimumLamports: settings.minimumTipLamports, isTipAccount: (account) => tips.has(account) },
    takesVersion: (version) => versions.takes(version),
  };
  const ways = waysOf(settings, params, open);
  const outlets = ways.map((way) => ({ ...way.outlet, sender: way.senderOf(takes) }));

  function ranked(): readonly Outlet[] {
    const costs = new Map(ways.map(({ outlet, cost }) => [outlet.name, cost()]));
    const isDown = (outlet: Outlet): number => (outlet.status().up ? 0 : 1);
    return [...outlets].sort(
      (a, b) => isDown(a) - isDown(b) || (costs.get(a.name) ?? 0) - (costs.get(b.name) ?? 0),
    );
  }

  return {
    settings,
    tips,
    versions,
    outlets,
    ranked,
    async refreshTipAccounts(deadlineMicros) {
      for (const { name } of ranked()) {
        const { tipList } = ways.find(({ outlet }) => outlet.name === name)!;
        if (tipList === undefined) continue;
        try {
          tips.told(await tipList(deadlineMicros));
          return true;
        } catch (thrown) {
          // Its line keeps what it said; the next region may tell.
          if (!(thrown instanceof ArbError)) throw thrown;
        }
      }
      return false;
    },
    async probe(version, bytes, signature, terms) {
      const best = ranked()[0]?.name;
      const way = ways.find(({ outlet }) => outlet.name === best)!;
      const any = way.senderOf({ ...takes, takesVersion: () => true });
      const outcome = await any.send(bytes, signature, terms);
      versions.probed(version, outcome);
      return outcome;
    },
  };
}

/** An outlet whose sender is still to be made. */
interface Way {
  readonly outlet: Omit<Outlet, 'sender'>;
  /** Of a call to it, in milliseconds: smaller is better. */
  readonly cost: () => number;
  readonly senderOf: (takes: RelayTakes) => Sender;
  /** The relay's own tip accounts, where it tells them. */
  readonly tipList: ((deadlineMicros: number) => Promise<readonly unknown[]>) | undefined;
}

function waysOf(settings: RelaySettings, params: RelayRegistryParams, open: Open): readonly Way[] {
  if (settings.protocol === 'rpc') return rpcWays(settings, params);
  return settings.protocol === 'jito-grpc'
    ? grpcWays(settings, params, open.engines)
    : lineWays(settings, params, open.lines);
}

function grpcWays(settings: RelaySettings, params: RelayRegistryParams, engines: JitoGrpc[]): readonly Way[] {
  const { clock, random, budget, onResult } = params;
  return Object.entries(settings.regions).map(([region, url]) => {
    const name = `${settings.name}/${region}`;
    const engine = createJitoGrpc({
      name,
      url,
      authSecret: settings.token === undefined ? undefined : bs58.decode(settings.token),
      requestsPerSecond: settings.requestsPerSecond,
      timeoutMs: settings.timeoutMs,
      clock,
      random: random.fork(name),
      budget,
      ...(onResult === undefined ? {} : { onResult: (result: BundleResult) => onResult(name, result) }),
    });
    engines.push(engine);
    const { host, desk } = engine;
    return {
      outlet: {
        name,
        region,
        statuses: undefined,
        engine,
        landing: createLandingBook(),
        status: () => statusOf(name, host, desk),
      },
      cost: () => desk.health.cost(),
      senderOf: (takes) => engine.senderFor(takes),
      tipList: (deadlineMicros) => engine.tipAccounts(deadlineMicros),
    };
  });
}

function statusOf(
  name: string,
  host: string,
  { health, problem }: Pick<RelayDesk, 'health' | 'problem'>,
): OutletStatus {
  const { up, latencyMs, errorRate } = health;
  return { name, host, up, latencyMs, errorRate, problem };
}

function lineWays(settings: RelaySettings, params: RelayRegistryParams, lines: RelayLine[]): readonly Way[] {
  const { clock, random, budget } = params;
  const { protocol, token, swqosOnly } = settings;
  const isJito = protocol !== 'helius-sender';
  return Object.entries(settings.regions).map(([region, url]) => {
    const name = `${settings.name}/${region}`;
    const address = new URL(url);
    if (!isJito && token !== undefined) address.searchParams.set('api-key', token);
    const line = createRelayLine({
      name,
      url: address.href,
      headers: isJito && token !== undefined ? { 'x-jito-auth': token } : {},
      requestsPerSecond: settings.requestsPerSecond,
      timeoutMs: settings.timeoutMs,
      clock,
      random: random.fork(name),
      budget,
    });
    lines.push(line);
    const statuses = isJito ? createJitoStatuses(line) : undefined;
    return {
      outlet: {
        name,
        region,
        statuses,
        engine: undefined,
        landing: createLandingBook(),
        status: () => statusOf(name, line.host, line),
      },
      cost: () => line.health.cost(),
      tipList: statuses === undefined ? undefined : (deadlineMicros) => statuses.tipAccounts(deadlineMicros),
      senderOf: (takes) =>
        isJito
          ? createJitoSender({ line, takes, by: protocol === 'jito-bundle' ? 'bundle' : 'transaction' })
          : createHeliusSender({ line, takes, swqosOnly }),
    };
  });
}

function rpcWays(settings: RelaySettings, { pool, clock }: RelayRegistryParams): readonly Way[] {
  return (pool.endpoints ?? []).map((endpoint) => {
    const name = `${settings.name}/${endpoint}`;
    const seen = () => pool.status().endpoints.find((one) => one.name === endpoint)!;
    return {
      outlet: {
        name,
        region: endpoint,
        statuses: undefined,
        engine: undefined,
        landing: createLandingBook(),
        status: () => {
          const { host, up, latencyMs, errorRate, problem } = seen();
          return { name, host, up, latencyMs, errorRate, problem };
        },
      },
      cost: () => seen().score,
      tipList: undefined,
      senderOf: (takes) => createRpcSender({ pool, endpoint, takes, clock, nodePreflight: false }),
    };
  });
}
