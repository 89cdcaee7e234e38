import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { LITESVM_FOLDER, LITESVM_VERSION } from './module.ts';

mkdirSync(LITESVM_FOLDER, { recursive: true });
const manifest = { name: 'program-vm', private: true, dependencies: { litesvm: LITESVM_VERSION } };
writeFileSync(`${LITESVM_FOLDER}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
const { status, error } = spawnSync('npm', install, { cwd: LITESVM_FOLDER, stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
