import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Sender, SendOutcome, SendTerms } from '../../execution/sender.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import type { RpcPool } from '../rpc/pool/rpc-pool.ts';
import type { RelayTakes } from './before-sending.ts';
import { createHeliusSender } from './helius-sender.ts';
import { createJitoSender } from './jito-sender.ts';
import { createJitoStatuses, type JitoStatuses } from './jito-statuses.ts';
import { createLandingBook, type LandingBook } from './landing-book.ts';
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
}

/** Every relay that is configured, none of them asked yet. Adding one of a known protocol is an entry of data. */
export function createRelayRegistry(params: RelayRegistryParams): RelayRegistry {
  const lines: RelayLine[] = [];
  const relays = params.settings.map((settings) => createRelay(settings, params, lines));
  return {
    relays,
    relay(name) {
      const found = relays.find(({ settings }) => settings.name === name);
      if (found !== undefined) return found;
      const known = relays.map(({ settings }) => settings.name).join(', ');
      throw new ArbError('relay-unknown', `there is no relay ${name}: configured are ${known}`, {
        name,
        known,
      });
    },
    close: async () => void (await Promise.all(lines.map((line) => line.close()))),
  };
}

function createRelay(settings: RelaySettings, params: RelayRegistryParams, lines: RelayLine[]): Relay {
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
  const ways = settings.protocol === 'rpc' ? rpcWays(settings, params) : lineWays(settings, params, lines);
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
      for (const { statuses } of ranked()) {
        if (statuses === undefined) continue;
        try {
          tips.told(await statuses.tipAccounts(deadlineMicros));
          return true;
        } catch (thrown) {
          // Its line keeps what it said; the next region may tell.
          if (!(thrown instanceof ArbError)) throw thrown;
        }
      }
      return false;
    },
    async probe(version, bytes, signature, terms) {
      const open = ways[0]!.senderOf({ ...takes, takesVersion: () => true });
      const outcome = await open.send(bytes, signature, terms);
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
    return {
      outlet: {
        name,
        region,
        statuses: isJito ? createJitoStatuses(line) : undefined,
        landing: createLandingBook(),
        status: () => ({
          name,
          host: line.host,
          up: line.health.up,
          latencyMs: line.health.latencyMs,
          errorRate: line.health.errorRate,
          problem: line.problem,
        }),
      },
      cost: () => line.health.cost(),
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
        landing: createLandingBook(),
        status: () => {
          const { host, up, latencyMs, errorRate, problem } = seen();
          return { name, host, up, latencyMs, errorRate, problem };
        },
      },
      cost: () => seen().score,
      senderOf: (takes) => createRpcSender({ pool, endpoint, takes, clock, nodePreflight: false }),
    };
  });
}
