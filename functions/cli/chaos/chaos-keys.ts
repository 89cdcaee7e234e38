import { CONFIG_KEYS } from '../../../shared/platform/config/keys.ts';
import { isAmong } from '../frame/used-keys.ts';

/** What the runs that a kind of chaos breaks set for themselves. */
const SET = [
  ...['market', 'duration', 'universe', 'rpc.url', 'rpc.wsUrl', 'rpc.endpoints', 'server.port', 'store.dir'],
  ...['costs.baseFeeLamports', 'costs.priorityFeeLamports', 'costs.tipLamports'],
  ...['risk.minNetProfitLamports', 'risk.maxPending'],
];
const SET_BY_SEEDS = [...SET, 'seed', 'feed.redundancy'];
/** All that a limited endpoint is asked by. */
const ASKED_BY = ['seed', 'rpc', 'limits'];

/** Configuration keys whose flag changes nothing of this kind of `arb chaos`. */
export function idleKeysOf(kind: string): readonly string[] {
  switch (kind) {
    case 'chain':
      return SET;
    case 'feeds':
    case 'providers':
      return SET_BY_SEEDS;
    case 'limits':
      return CONFIG_KEYS.map(({ path }) => path).filter((path) => !isAmong(path, ASKED_BY));
    default:
      return CONFIG_KEYS.map(({ path }) => path);
  }
}
