import { z } from 'zod';
import { type KeyNotes, keyNotes } from './leaf.ts';
import { configSchema } from './schema.ts';

/** One key of the configuration and every name it goes by. */
export interface ConfigKey {
  /** As in the file: `risk.maxPending`. */
  readonly path: string;
  /** `ARB_RISK_MAX_PENDING`. */
  readonly env: string;
  /** Without its dashes: `risk-max-pending`. */
  readonly flag: string;
  readonly notes: KeyNotes;
}

/** Every key, in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = collectKeys(configSchema, []);

/** `''` and every object of the schema by path (`risk`), each with the names that stand directly in it. */
export const CONFIG_SECTIONS: ReadonlyMap<string, readonly string[]> = collectSections(configSchema, []);

/** The key whose file path is `path`, or undefined. */
export function configKey(path: string): ConfigKey | undefined {
  return CONFIG_KEYS.find((key) => key.path === path);
}

function collectKeys(schema: z.ZodType, path: readonly string[]): ConfigKey[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, child]) =>
      collectKeys(child as z.ZodType, [...path, name]),
    );
  }
  const notes = keyNotes.get(schema);
  if (notes === undefined) throw new TypeError(`config key ${path.join('.')} has no notes`);
  const words = path.map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)).join('-');
  const env = `ARB_${words.replaceAll('-', '_').toUpperCase()}`;
  return [{ path: path.join('.'), env, flag: notes.flag ?? words, notes }];
}

function collectSections(schema: z.ZodType, path: readonly string[]): Map<string, readonly string[]> {
  const sections = new Map<string, readonly string[]>();
  if (!(schema instanceof z.ZodObject)) return sections;
  sections.set(path.join('.'), Object.keys(schema.shape));
  for (const [name, child] of Object.entries(schema.shape)) {
    for (const [key, names] of collectSections(child as z.ZodType, [...path, name])) sections.set(key, names);
  }
  return sections;
}
