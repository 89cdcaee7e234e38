import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  brokenOverrides,
  contradictedPeers,
  type Lockfile,
  lockedAs,
  looseRanges,
  type Manifest,
  missingOptional,
  namedHosts,
  withInstallScript,
} from './lockfile.ts';

/**
 * Packages that carry an install script, each with why it is not needed. None runs: `.npmrc` has ignore-scripts,
 * and `allowScripts` in package.json denies each one by name.
 */
const UNNEEDED_SCRIPTS = {
  bufferutil: 'native masking for ws; ws masks in JavaScript without it',
  protobufjs: 'prints a notice about versions',
  'utf-8-validate': 'native UTF-8 check for ws; Node checks without it',
};

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as T;
}

const lock = read<Lockfile>('package-lock.json');
const root = read<Manifest>('package.json');
const infra = read<Manifest>('infra/package.json');

describe('package-lock.json', () => {
  it('has an entry for every optional dependency, whatever the platform', () => {
    expect(missingOptional(lock)).toEqual([]);
  });

  it('has every peer at the major that its dependent wants', () => {
    expect(contradictedPeers(lock)).toEqual([]);
  });

  it('names no registry', () => {
    expect(namedHosts(lock)).toEqual([]);
  });

  it('has no install script but those known not to be needed', () => {
    expect(withInstallScript(lock)).toEqual(Object.keys(UNNEEDED_SCRIPTS));
  });

  it('keeps one web3.js and every override in force', () => {
    expect(lockedAs(lock, '@solana/web3.js')).toEqual([root.dependencies?.['@solana/web3.js']]);
    expect(brokenOverrides(lock, root)).toEqual([]);
  });
});

describe('package.json', () => {
  it('pins every version, in the workspace too', () => {
    expect(looseRanges(root)).toEqual([]);
    expect(looseRanges(infra)).toEqual([]);
  });

  it('denies the known install scripts and allows none', () => {
    const denied = Object.fromEntries(Object.keys(UNNEEDED_SCRIPTS).map((name) => [name, false]));
    expect(root.allowScripts).toEqual(denied);
    const npmrc = readFileSync(new URL('../../.npmrc', import.meta.url), 'utf8');
    expect(npmrc.split('\n')).toContain('ignore-scripts=true');
  });
});

describe('the checks', () => {
  const bad: Lockfile = {
    packages: {
      '': { optionalDependencies: { 'node-x': '1.0.0' } },
      'infra/node_modules/c': { version: '1.0.0', optionalDependencies: { 'c-darwin': '1.0.0' } },
      'node_modules/a': {
        version: '1.0.0',
        optionalDependencies: { 'a-linux': '1.0.0', 'a-darwin': '1.0.0' },
      },
      'node_modules/a/node_modules/a-linux': {
        version: '1.0.0',
        resolved: 'https://host.example/a-linux.tgz',
      },
      'node_modules/b': {
        version: '1.0.0',
        optionalDependencies: { 'a-linux': '1.0.0' },
        hasInstallScript: true,
      },
      'node_modules/d': { name: '@fork/d', version: '2.0.0' },
      'node_modules/a/node_modules/d': { version: '1.0.0' },
      'node_modules/infra': { resolved: 'infra', link: true },
    },
  };

  it('find optional dependencies that are out of reach of their parent', () => {
    expect(missingOptional(bad)).toEqual([
      'the root needs node-x@1.0.0',
      'infra/node_modules/c needs c-darwin@1.0.0',
      'node_modules/a needs a-darwin@1.0.0',
      'node_modules/b needs a-linux@1.0.0',
    ]);
  });

  it('find peers that npm 10 would not accept', () => {
    const peers: Lockfile = {
      packages: {
        'node_modules/a': {
          version: '1.0.0',
          peerDependencies: { b: '^1.2.0', c: '^1.0.0 || ^2.0.0', d: '>=1' },
        },
        'node_modules/b': { version: '2.0.0' },
        'node_modules/c': { version: '2.5.0' },
        'node_modules/d': { version: '9.0.0' },
        'node_modules/e': { version: '1.0.0', peerDependencies: { b: '^1.2.0', absent: '^1.0.0' } },
        'node_modules/e/node_modules/b': { version: '1.9.0' },
      },
    };
    expect(contradictedPeers(peers)).toEqual(['node_modules/a wants b@^1.2.0, locked 2.0.0']);
  });

  it('find hosts, scripts and packages that escape an override', () => {
    expect(namedHosts(bad)).toEqual(['node_modules/a/node_modules/a-linux https://host.example/a-linux.tgz']);
    expect(withInstallScript(bad)).toEqual(['b']);
    expect(brokenOverrides(bad, { overrides: { d: 'npm:@fork/d@2.0.0' } })).toEqual(['d: 1.0.0']);
  });

  it('find open ranges', () => {
    const manifest = {
      dependencies: { a: '^1.0.0', b: '1.0.0' },
      devDependencies: { c: 'latest' },
      overrides: { d: 'npm:@fork/d@^2.0.0', e: '$b', f: { g: '1' } },
    };
    expect(looseRanges(manifest)).toEqual(['a: ^1.0.0', 'c: latest', 'd: npm:@fork/d@^2.0.0']);
  });
});
