import type { ErrorCode } from '../../../core/error-codes.ts';
import { ArbError } from '../../../core/errors.ts';
import type { EndpointConfig } from '../../config/endpoint-leaf.ts';
import { sleep } from '../../process/backoff.ts';
import { checkHttp, checkWebSocket, type WireCheckParams } from '../wire/endpoint-wires.ts';
import { networkName, type WireCheck } from '../wire/wire-trouble.ts';

export type { WireCheck, WireTrouble } from '../wire/wire-trouble.ts';

export interface EndpointCheckParams extends WireCheckParams {
  readonly endpoints: readonly EndpointConfig[];
  /** How often an endpoint that cannot be reached is tried. Default 2. */
  readonly rounds?: number;
}

const BETWEEN_MS = 1_000;

/**
 * Asks each endpoint once, before anything is built on it: can it be reached, does it take our key, is it a node, of the
 * chain that has these pools, and does it speak over a WebSocket. Returns what does not work; throws ArbError when
 * nothing would ever come of it: `rpc-…`, `ws-…` or `network-…`. What passes by itself stops nothing.
 */
export async function checkEndpoints(params: EndpointCheckParams): Promise<readonly WireCheck[]> {
  const { endpoints, rounds = 2, signal } = params;
  let checks: readonly WireCheck[] = [];
  for (let round = 1; round <= rounds; round++) {
    checks = (await Promise.all(endpoints.map((endpoint) => checkEndpoint(endpoint, params)))).flat();
    if (signal?.aborted === true) return [];
    const waits = (['http', 'websocket'] as const).some(
      (wire) => !works(checks, wire) && of(checks, wire).some(({ trouble }) => trouble === 'unreachable'),
    );
    if (!waits || round === rounds) break;
    await sleep(BETWEEN_MS, signal);
  }
  const chains = new Set(checks.map(({ genesisHash }) => genesisHash).filter((hash) => hash !== ''));
  if (chains.size > 1) {
    const each = checks.filter(({ genesisHash }) => genesisHash !== '');
    const said = each.map(({ endpoint, genesisHash }) => `${endpoint} is of ${networkName(genesisHash)}`);
    throw new ArbError('network-mixed', `the endpoints are of different chains: ${said.join(', ')}`);
  }
  for (const wire of ['http', 'websocket'] as const) {
    if (works(checks, wire)) continue;
    const troubles = of(checks, wire);
    if (troubles.length === 0) continue;
    // The one that a person can do most about.
    const worst = ORDER.flatMap((kind) => troubles.filter(({ trouble }) => trouble === kind))[0];
    if (worst !== undefined)
      throw new ArbError(CODES[worst.trouble as keyof typeof CODES], sentences(troubles));
  }
  return checks.filter(({ trouble }) => trouble !== '');
}

const ORDER = ['wrong-network', 'key', 'plan', 'no-websocket', 'no-node', 'unreachable'] as const;
const CODES: Readonly<Record<(typeof ORDER)[number], ErrorCode>> = {
  'wrong-network': 'network-wrong',
  key: 'rpc-key-refused',
  plan: 'rpc-plan-too-small',
  'no-websocket': 'ws-none',
  'no-node': 'rpc-no-node',
  unreachable: 'network-unreachable',
};

function of(checks: readonly WireCheck[], wire: WireCheck['wire']): readonly WireCheck[] {
  return checks.filter((check) => check.wire === wire);
}

function works(checks: readonly WireCheck[], wire: WireCheck['wire']): boolean {
  return of(checks, wire).some(({ trouble }) => trouble === '' || trouble === 'passing');
}

function sentences(checks: readonly WireCheck[]): string {
  return checks.map(({ endpoint, why }) => `endpoint ${endpoint}: ${why}`).join('; ');
}

async function checkEndpoint(
  endpoint: EndpointConfig,
  params: EndpointCheckParams,
): Promise<readonly WireCheck[]> {
  const { url, wsUrl, grpcUrl } = endpoint;
  return await Promise.all([
    ...(url === undefined ? [] : [checkHttp(endpoint, url, params)]),
    // A Yellowstone stream says by itself what it refuses.
    ...(wsUrl === undefined || grpcUrl !== undefined ? [] : [checkWebSocket(endpoint, wsUrl, params)]),
  ]);
}
