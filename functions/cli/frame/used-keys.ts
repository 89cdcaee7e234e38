import { ArbError } from '../../../shared/core/errors.ts';
import type { LoadedConfig } from '../../../shared/platform/config/load.ts';

/** What a standing market is read from (`loadStandingMarket`). */
export const STANDING_MARKET_KEYS = [
  'market',
  'seed',
  'rpc.url',
  'rpc.wsUrl',
  'rpc.endpoints',
  'rpc.timeoutMs',
  'rpc.deadlineMs',
  'rpc.connections',
  'rpc.batchSize',
  'limits',
  'universe',
] as const;

/** True when `key` (`risk.maxPending`) is named by `keys` or stands in a section that is. */
export function isAmong(key: string, keys: readonly string[]): boolean {
  return keys.some((named) => key === named || key.startsWith(`${named}.`));
}

/**
 * Refuses a configuration flag of this command line that changes nothing here: a flag that is taken and ignored says
 * that something was set which was not. What stands in the file or the environment is for every verb and stays.
 * Throws `usage-idle-flag`.
 */
export function refuseIdle(
  { sources }: Pick<LoadedConfig, 'sources'>,
  keys: readonly string[],
  because: string,
): void {
  for (const [key, { kind, label }] of sources) {
    if (kind !== 'flag' || !isAmong(key, keys)) continue;
    const name = label.replace(/^flag /, '');
    throw new ArbError('usage-idle-flag', `${name} would change nothing: ${because}`, { key });
  }
}

/** The same for flags of the verb itself: those given (not undefined, false or empty) must not be among `names`. */
export function refuseIdleFlags(
  flags: Readonly<Record<string, unknown>>,
  names: readonly string[],
  because: string,
): void {
  for (const name of names) {
    const value = flags[name];
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw new ArbError('usage-idle-flag', `--${name} would change nothing: ${because}`, { name });
  }
}
