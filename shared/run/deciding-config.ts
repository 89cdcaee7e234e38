import { loadConfig } from '../platform/config/load.ts';
import type { Config } from '../platform/config/schema.ts';
import type { RecordedRun } from '../platform/recording/recording.ts';

/**
 * Which sections of the configuration decide: with the same events they make the same decisions. A new section must
 * be named here; one that composeEngine reads is true.
 */
const DECIDES: { readonly [Section in keyof Config]: boolean } = {
  mode: true,
  market: false,
  seed: true,
  duration: false,
  rpc: false,
  limits: false,
  feed: false,
  books: false,
  wallet: false,
  paper: true,
  routing: true,
  risk: true,
  costs: true,
  jupiter: false,
  helius: false,
  recorder: false,
  server: false,
  store: false,
  universe: false,
  sim: false,
};

/** True for the path of a key (`risk.maxPending`) that decides. */
export function decides(path: string): boolean {
  const [section = ''] = path.split('.');
  return Object.hasOwn(DECIDES, section) && DECIDES[section as keyof Config] === true;
}

/** The sections that decide as a configuration file would hold them: amounts as decimal strings, and no secret. */
export function decidingConfig(config: Config): Readonly<Record<string, unknown>> {
  const sections = Object.entries(config).filter(([section]) => decides(section));
  const text = JSON.stringify(Object.fromEntries(sections), (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return JSON.parse(text);
}

/**
 * The configuration by which a recorded run decided, with `overrides` in place of what it had: text by flag name without
 * dashes. Neither file nor environment is read. Throws `config-…` naming the key when this version does not know one.
 *
 * @example
 * ```ts
 * import { findRuns, recordedConfig } from 'solana-dex-arbitrage/replay';
 *
 * const [run] = await findRuns(['tape']);
 * recordedConfig(run!).mode; // → 'paper'
 * recordedConfig(run!, { 'risk-max-pending': '1' }).risk.maxPending; // → 1
 * ```
 */
export function recordedConfig(
  { run }: RecordedRun,
  overrides: Readonly<Record<string, string>> = {},
): Config {
  const file = `the recording of run ${run.runId}`;
  return loadConfig({ file, text: JSON.stringify(run.config), env: {}, flags: overrides, cwd: '' }).config;
}
