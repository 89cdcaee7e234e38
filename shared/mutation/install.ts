import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { STRYKER_FOLDER } from './stryker.ts';

// What the manifest beside this file pins, by its own lockfile: the product's tree does not grow by it.
cpSync(new URL('tool/', import.meta.url), STRYKER_FOLDER, { recursive: true });
const { status, error } = spawnSync('npm', ['ci'], { cwd: STRYKER_FOLDER, stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
