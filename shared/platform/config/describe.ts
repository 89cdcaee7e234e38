import { CONFIG_KEYS } from './keys.ts';
import type { LoadedConfig } from './load.ts';

/** One line of `arb config --print`. */
export interface ConfigLine {
  readonly key: string;
  /** As a file would hold it: bigints as decimal strings, secrets masked, undefined as null. */
  readonly value: unknown;
  readonly source: string;
  readonly summary: string;
  readonly env: string;
  readonly flag: string;
}

/** Every key with its effective value and where that came from, in the order of the schema. */
export function describeConfig({ config, sources }: LoadedConfig): readonly ConfigLine[] {
  return CONFIG_KEYS.map(({ path, env, flag, notes }) => {
    const value = valueAt(config, path);
    const shown = plain(notes.mask === undefined ? value : notes.mask(value));
    const source = sources.get(path)?.label ?? 'default';
    return { key: path, value: shown, source, summary: notes.summary, env, flag: `--${flag}` };
  });
}

function valueAt(config: unknown, path: string): unknown {
  let node = config;
  for (const name of path.split('.')) node = (node as Record<string, unknown>)[name];
  return node;
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
  return JSON.parse(text) as unknown;
}
