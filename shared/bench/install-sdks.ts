import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { SDK_FOLDER } from './official-sdk.ts';

/** The SDKs that benches take as their baseline, and what they leave to their user to install. */
const PACKAGES = {
  '@coral-xyz/anchor': '0.32.1',
  '@ellipsis-labs/phoenix-sdk': '2.0.3',
  '@meteora-ag/cp-amm-sdk': '1.5.0',
  '@meteora-ag/dlmm': '1.9.14',
  '@meteora-ag/dynamic-amm-sdk': '1.4.1',
  '@orca-so/common-sdk': '0.7.1',
  '@orca-so/whirlpools-sdk': '0.22.0',
  '@raydium-io/raydium-sdk-v2': '0.2.73-alpha',
  'bn.js': '5.2.2',
};

mkdirSync(SDK_FOLDER, { recursive: true });
const manifest = { name: 'bench-sdks', private: true, dependencies: PACKAGES };
writeFileSync(`${SDK_FOLDER}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
const { status, error } = spawnSync('npm', install, { cwd: SDK_FOLDER, stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
