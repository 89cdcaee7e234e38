import { join } from 'node:path';
import { z } from 'zod';
import { errorText } from '../../core/errors.ts';
import { replaceFile } from '../files/replace-file.ts';
import { readFileText } from '../files/text-file.ts';
import type { Store } from './store.ts';

export const CONTROLS_FILE = 'controls.json';

const rowsSchema = z.array(
  z.object({
    name: z.string(),
    value: z.enum(['running', 'paused']),
    by: z.string(),
    reason: z.string(),
    atMs: z.number(),
    /** The store has taken it: what it says of this name from then on counts. */
    stored: z.boolean(),
  }),
);

type CopiedRow = z.infer<typeof rowsSchema>[number];

export interface SafeControlsParams {
  readonly store: Pick<Store, 'controls' | 'setControl'>;
  readonly dir: string;
  /** The copy cannot be read or written. */
  readonly onTrouble: (problem: string) => void;
}

/**
 * Controls that outlive the loss of the store's file: each is kept in the store and in a small file beside it. The file
 * counts where the store knows nothing of a control, or did not take its last word. `setControl` rejects when the
 * store did not take it, whatever became of the copy.
 */
export function createSafeControls({ store, dir, onTrouble }: SafeControlsParams): typeof store {
  const path = join(dir, CONTROLS_FILE);
  let copy: readonly CopiedRow[] | undefined;

  const copied = (): readonly CopiedRow[] => {
    copy ??= readCopy(path, onTrouble);
    return copy;
  };

  const keep = (row: CopiedRow): void => {
    copy = [...copied().filter(({ name }) => name !== row.name), row];
    try {
      replaceFile(path, `${JSON.stringify(copy, null, 2)}\n`);
    } catch (error) {
      onTrouble(`${path} cannot be written: ${errorText(error)}`);
    }
  };

  return {
    async controls() {
      const rows = new Map((await store.controls()).map((row) => [row.name, row]));
      for (const { stored, ...row } of copied()) {
        const known = rows.get(row.name);
        if (known === undefined || (!stored && known.atMs < row.atMs)) rows.set(row.name, row);
      }
      return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async setControl(row) {
      keep({ ...row, stored: false });
      await store.setControl(row);
      if (copied().find(({ name }) => name === row.name)?.atMs === row.atMs) keep({ ...row, stored: true });
    },
  };
}

function readCopy(path: string, onTrouble: (problem: string) => void): readonly CopiedRow[] {
  let text: string;
  try {
    text = readFileText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      onTrouble(`${path} cannot be read: ${errorText(error)}`);
    return [];
  }
  try {
    return rowsSchema.parse(JSON.parse(text));
  } catch {
    onTrouble(`${path} is damaged: what the store says counts`);
    return [];
  }
}
