import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CONTROLS_FILE } from './control-copy.ts';
import { STORE_FILE } from './store-file.ts';

/**
 * What a data directory knows of earlier runs: `known`; `store-lost` when the store's file is gone or empty, and only
 * the copy of the controls tells that there was one; `new` when there is nothing.
 */
export type DirectoryState = 'new' | 'known' | 'store-lost';

/** To be asked before the store is opened, which makes the file. */
export function directoryState(dir: string): DirectoryState {
  if (hasContent(join(dir, STORE_FILE))) return 'known';
  return hasContent(join(dir, CONTROLS_FILE)) ? 'store-lost' : 'new';
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
