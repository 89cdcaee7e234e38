import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorText } from '../../core/errors.ts';
import { replaceFile } from '../replace-file.ts';
import type { ControlRow, Store } from './store.ts';

export const CONTROLS_FILE = 'controls.json';

const FILE = z.array(
  z.object({
    name: z.string(),
    value: z.enum(['running', 'paused']),
    by: z.string(),
    reason: z.string(),
    atMs: z.number(),
  }),
);

export interface SafeControlsParams {
  readonly store: Pick<Store, 'controls' | 'setControl'>;
  readonly dir: string;
  /** The copy cannot be read or written. */
  readonly onTrouble: (problem: string) => void;
}

/**
 * Controls that outlive the loss of the store's file: each is kept in the store and in a small file beside it, and the
 * later word of the two counts. `setControl` rejects when the store did not take it, whatever became of the copy.
 */
export function createSafeControls({ store, dir, onTrouble }: SafeControlsParams): typeof store {
  const path = join(dir, CONTROLS_FILE);
  let copy: readonly ControlRow[] | undefined;

  const copied = (): readonly ControlRow[] => {
    copy ??= readCopy(path, onTrouble);
    return copy;
  };

  const keep = (rows: readonly ControlRow[]): void => {
    copy = rows;
    try {
      replaceFile(path, `${JSON.stringify(rows, null, 2)}\n`);
    } catch (error) {
      onTrouble(`${path} cannot be written: ${errorText(error)}`);
    }
  };

  return {
    async controls() {
      return laterOf([...(await store.controls()), ...copied()]);
    },
    async setControl(row) {
      keep(laterOf([...copied().filter(({ name }) => name !== row.name), row]));
      await store.setControl(row);
    },
  };
}

/** Of each name the row that was set last, by name. */
function laterOf(rows: readonly ControlRow[]): readonly ControlRow[] {
  const latest = new Map<string, ControlRow>();
  for (const row of rows) {
    const known = latest.get(row.name);
    if (known === undefined || known.atMs < row.atMs) latest.set(row.name, row);
  }
  return [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readCopy(path: string, onTrouble: (problem: string) => void): readonly ControlRow[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      onTrouble(`${path} cannot be read: ${errorText(error)}`);
    return [];
  }
  try {
    return FILE.parse(JSON.parse(text));
  } catch {
    onTrouble(`${path} is damaged: what the store says counts`);
    return [];
  }
}
