import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkLayers, describeViolation, readTree } from './check.ts';
import { LAYERS } from './rules.ts';

const DECLARED = {
  production: new Set(['bs58', '@noble/curves', '@solana/web3.js', 'ws', 'zod']),
  development: new Set(['vitest', 'fast-check', 'typescript']),
  infra: new Set(['@pulumi/pulumi', '@pulumi/gcp']),
};

/** `rule@line` of everything wrong with one file of source. */
function broken(path: string, text: string): string[] {
  const tree = { sources: new Map([[path, text]]), declared: DECLARED };
  return checkLayers(tree).map(({ rule, line }) => `${rule}@${line}`);
}

describe('the repository', () => {
  it('breaks no rule', { timeout: 60_000 }, () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const tree = readTree(root);
    expect(tree.sources.size).toBeGreaterThan(20);
    expect(checkLayers(tree).map(describeViolation)).toEqual([]);
  });
});

describe('layers', () => {
  it.each(LAYERS.map((layer, at) => ({ layer, at })))('$layer imports nothing after it', ({ layer, at }) => {
    for (const [other, name] of LAYERS.entries()) {
      const expected = other > at ? ['layer-order@1'] : [];
      expect(broken(`shared/${layer}/a.ts`, `import { b } from '../${name}/b.ts';`)).toEqual(expected);
    }
  });

  it.each([
    "import type { B } from '../engine/b.ts';",
    "import { type B } from '../engine/b.ts';",
    "import '../engine/b.ts';",
    "export * from '../engine/b.ts';",
    "export type { B } from '../engine/b.ts';",
    "const b = await import('../engine/b.ts');",
    "let b: import('../engine/b.ts').B;",
    "const b = require('../engine/b.ts');",
    'const b = await import(`../engine/b.ts`);',
  ])('sees the import in %s', (text) => {
    expect(broken('shared/core/a.ts', text)).toEqual(['layer-order@1']);
  });

  it('refuses an import whose target is computed', () => {
    expect(broken('shared/core/a.ts', '\nawait import(name);')).toEqual(['plain-imports@2']);
  });

  it('does not take a comment or a string for an import', () => {
    expect(
      broken('shared/core/a.ts', "// import '../engine/b.ts'\nconst s = \"import '../sim/b.ts'\";"),
    ).toEqual([]);
  });

  it('says where, which rule and the way out', () => {
    const sources = new Map([['shared/math/a.ts', "\n\nimport { b } from '../risk/b.ts';"]]);
    const [violation] = checkLayers({ sources, declared: DECLARED });
    expect(violation && describeViolation(violation)).toMatch(
      /^shared\/math\/a\.ts:3 layer-order: math imports risk .*core <- math.* Way out: move what both need/,
    );
  });

  it('refuses files and imports in a folder that no rule names', () => {
    expect(broken('shared/misc/a.ts', '')).toEqual(['unknown-folder@1']);
    expect(broken('shared/core/a.ts', "import '../misc/b.ts';")).toEqual(['unknown-folder@1']);
    expect(broken('functions/loose.ts', '')).toEqual(['unknown-folder@1']);
  });
});

describe('venues', () => {
  it('keeps venue folders apart', () => {
    const orca = 'shared/venues/orca-whirlpool/quote.ts';
    expect(broken(orca, "import '../raydium-cpmm/quote.ts';")).toEqual(['venues-apart@1']);
    expect(broken(orca, "import '../registry.ts';")).toEqual(['venues-apart@1']);
    expect(broken(orca, "import '../token.ts'; import './layout.ts'; import '../../math/tick.ts';")).toEqual(
      [],
    );
  });

  it('reaches a venue folder only through the registry', () => {
    const text = "import '../venues/orca-whirlpool/index.ts';";
    expect(broken('shared/market/a.ts', text)).toEqual(['venues-apart@1']);
    expect(broken('shared/platform/a.ts', text)).toEqual(['venues-apart@1']);
    expect(broken('shared/sim/a.ts', text)).toEqual([]);
    expect(broken('shared/venues/registry.ts', "import './orca-whirlpool/index.ts';")).toEqual([]);
    expect(broken('shared/venues/token.ts', "import './orca-whirlpool/index.ts';")).toEqual([
      'venues-apart@1',
    ]);
  });
});

describe('the local half of a venue', () => {
  const half = (up: string) => `import '${up}venues/orca-whirlpool/local/index.ts';`;

  it('is for sim, proofs, tests and its own registry', () => {
    expect(broken('shared/sim/chain/a.ts', half('../../'))).toEqual([]);
    expect(broken('shared/routing/a.test.ts', half('../'))).toEqual([]);
    expect(broken('shared/venues/local-registry.ts', "import './orca-whirlpool/local/index.ts';")).toEqual(
      [],
    );
    const prove = 'functions/cli/prove/a.ts';
    expect(broken(prove, "import '../../../shared/venues/local-registry.ts';")).toEqual([]);
    const mine = 'shared/venues/orca-whirlpool/local/write.ts';
    expect(
      broken(mine, "import '../layout.ts'; import './encode.ts'; import '../../local/local-venue.ts';"),
    ).toEqual([]);
  });

  it('is nothing that trades on a real chain imports, the other half of the venue among it', () => {
    for (const path of [
      'shared/market/a.ts',
      'shared/platform/a.ts',
      'shared/run/a.ts',
      'functions/streamer/a.ts',
    ]) {
      const up = path.startsWith('functions') ? '../../shared/' : '../';
      expect(broken(path, `import '${up}venues/local-registry.ts';`)).toEqual(['local-apart@1']);
      expect(broken(path, half(up))).toEqual(['local-apart@1']);
    }
    expect(broken('shared/venues/orca-whirlpool/quote.ts', "import './local/encode.ts';")).toEqual([
      'local-apart@1',
    ]);
    expect(broken('shared/venues/registry.ts', "import './local-registry.ts';")).toEqual(['local-apart@1']);
    const mine = 'shared/venues/orca-whirlpool/local/write.ts';
    expect(broken(mine, "import '../../raydium-cpmm/local/encode.ts';")).toEqual(['venues-apart@1']);
    expect(broken(mine, "import '../../local-registry.ts';")).toEqual(['venues-apart@1']);
  });
});

describe('platform, sim and functions', () => {
  it('lets platform import layers and no layer import platform', () => {
    expect(broken('shared/engine/a.ts', "import '../platform/store.ts';")).toEqual(['no-platform@1']);
    expect(broken('shared/platform/a.ts', "import '../engine/engine.ts';")).toEqual([]);
  });

  it('lets only the run and chaos verbs and the local market start the local node', () => {
    expect(broken('functions/cli/chaos/chaos-feeds.ts', "import '../../../shared/sim/bank.ts';")).toEqual([]);
    expect(broken('shared/platform/a.ts', "import '../sim/node.ts';")).toEqual(['no-sim@1']);
    expect(broken('shared/engine/a.ts', "import '../sim/node.ts';")).toEqual(['no-sim@1']);
    expect(broken('functions/streamer/main.ts', "import '../../shared/sim/node.ts';")).toEqual(['no-sim@1']);
    expect(broken('functions/cli/quote.ts', "import '../../shared/sim/node.ts';")).toEqual(['no-sim@1']);
    expect(broken('functions/cli/run/run-local.ts', "import '../../../shared/sim/node.ts';")).toEqual([]);
    expect(broken('functions/streamer/local/market.ts', "import '../../../shared/sim/node.ts';")).toEqual([]);
    expect(
      broken('functions/streamer/local/node-worker.ts', "import '../../../shared/sim/node.ts';"),
    ).toEqual([]);
    expect(broken('shared/run/simulated-run.ts', "import '../sim/bank.ts';")).toEqual([]);
  });

  it('keeps functions apart, except that the command composes the streamer', () => {
    expect(broken('functions/streamer/a.ts', "import '../cli/arb.ts';")).toEqual(['functions-apart@1']);
    expect(broken('functions/cli/a.ts', "import '../alerting/index.ts';")).toEqual(['functions-apart@1']);
    expect(broken('functions/cli/a.ts', "import '../streamer/main.ts';")).toEqual([]);
  });

  it('lets shared import no function, benches aside', () => {
    const text = "import '../../functions/streamer/pipeline.ts';";
    expect(broken('shared/platform/a.ts', text)).toEqual(['shared-below@1']);
    expect(broken('shared/sim/a.ts', text)).toEqual(['shared-below@1']);
    expect(broken('shared/engine/a.bench.ts', text)).toEqual([]);
  });

  it('lets infra import only the names, and nothing import infra', () => {
    expect(broken('infra/index.ts', "import '../shared/core/names.ts';")).toEqual([]);
    expect(broken('infra/index.ts', "import '../shared/core/units.ts';")).toEqual(['infra-alone@1']);
    expect(broken('infra/index.test.ts', "import '../shared/platform/config/load.ts';")).toEqual([]);
    expect(broken('shared/platform/a.ts', "import '../../infra/config.ts';")).toEqual(['infra-alone@1']);
  });

  it('keeps tests and repository tools out of production code', () => {
    expect(broken('shared/market/a.ts', "import '../venues/contract.ts';")).toEqual(['no-test-imports@1']);
    expect(broken('shared/market/a.ts', "import './b.test.ts';")).toEqual(['no-test-imports@1']);
    expect(broken('shared/market/a.ts', "import './test-market.ts';")).toEqual(['no-test-imports@1']);
    expect(broken('shared/market/test-market.ts', "import '../venues/orca/index.ts';")).toEqual([]);
    expect(broken('shared/platform/a.ts', "import '../layers/check.ts';")).toEqual(['no-tool-imports@1']);
    expect(broken('shared/market/a.test.ts', "import '../sim/node.ts'; import '../engine/b.ts';")).toEqual(
      [],
    );
  });
});

describe('packages', () => {
  it('allows core two packages and one Node module, and later layers none', () => {
    expect(broken('shared/core/a.ts', "import 'bs58'; import '@noble/curves/ed25519.js';")).toEqual([]);
    expect(broken('shared/core/a.ts', "import { createHash } from 'node:crypto';")).toEqual([]);
    expect(broken('shared/core/a.ts', "import 'zod';")).toEqual(['layer-packages@1']);
    expect(broken('shared/core/a.ts', "import 'node:fs';")).toEqual(['layer-builtins@1']);
    expect(broken('shared/venues/orca/a.ts', "import 'bs58';")).toEqual(['layer-packages@1']);
    expect(broken('shared/engine/a.ts', "import 'node:crypto';")).toEqual(['layer-builtins@1']);
  });

  it('keeps the SDKs of what stands outside in platform', () => {
    for (const name of [
      'ws',
      'undici',
      '@grpc/grpc-js',
      '@jup-ag/api',
      '@google-cloud/storage',
      'prom-client',
    ]) {
      const text = `import '${name}';`;
      expect(broken('functions/streamer/a.ts', text)).toContain('sdk-packages@1');
      expect(broken('functions/streamer/a.test.ts', text)).not.toContain('sdk-packages@1');
      expect(broken('shared/platform/a.ts', text)).not.toContain('sdk-packages@1');
    }
    expect(broken('shared/sim/a.ts', "import 'ws';")).not.toContain('sdk-packages@1');
    expect(broken('shared/sim/a.ts', "import 'helius-sdk';")).toContain('sdk-packages@1');
    expect(broken('shared/market/a.ts', "import 'ws';")).toEqual(['layer-packages@1']);
  });

  it('wants every package declared where it is used', () => {
    expect(broken('shared/platform/a.ts', "import '@solana/web3.js'; import 'node:sqlite';")).toEqual([]);
    expect(broken('shared/platform/a.ts', "import 'left-pad';")).toEqual(['declared-packages@1']);
    expect(broken('functions/cli/a.ts', "import 'fast-check';")).toEqual(['declared-packages@1']);
    expect(broken('shared/math/a.test.ts', "import 'fast-check'; import 'vitest';")).toEqual([]);
    expect(broken('shared/math/a.test.ts', "import 'left-pad';")).toEqual(['declared-packages@1']);
    expect(broken('infra/index.ts', "import '@pulumi/gcp'; import 'node:fs';")).toEqual([]);
    expect(broken('infra/index.ts', "import 'ws';")).toEqual(['declared-packages@1']);
  });

  it('wants the node: prefix', () => {
    expect(broken('shared/platform/a.ts', "import 'fs';")).toEqual(['node-prefix@1']);
  });
});

describe('the outside world', () => {
  it.each([
    'const t = Date.now();',
    'const now = Date.now;',
    "const t = Date['now']();",
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const r = Math.random();',
    'const t = performance.now();',
    'const t = globalThis.performance.now();',
    'setTimeout(run, 1);',
    'globalThis.setTimeout(run, 1);',
    'setInterval(run, 1);',
    'const timer = { later: setTimeout };',
    'fetch(url);',
    'const socket = new WebSocket(url);',
    "import { randomBytes } from 'node:crypto';",
    'process.exit(1);',
  ])('is out of reach of the layers: %s', (text) => {
    expect(broken('shared/core/a.ts', text)).toContain('pure-layers@1');
    expect(broken('shared/platform/a.ts', text)).toEqual([]);
    expect(broken('shared/core/a.test.ts', text)).toEqual([]);
  });

  it.each([
    'const t = new Date(blockTimeMs);',
    'const day = Date.UTC(2026, 0, 1);',
    'const m = Math.max(1, 2);',
    'engine.process(event); clock.performance();',
    'interface Engine { process(event: Event): void }',
    'const engine = { process(event) {}, fetch: 1 };',
    'function process(event) {} process(1);',
    'function run(setTimeout) { setTimeout(1); }',
  ])('is not meant by: %s', (text) => {
    expect(broken('shared/engine/a.ts', text)).toEqual([]);
  });

  it('reads the environment only in platform', () => {
    expect(broken('shared/platform/a.ts', 'const url = process.env.ARB_RPC_URL;')).toEqual([]);
    expect(broken('shared/sim/a.ts', 'const url = process.env.ARB_RPC_URL;')).toEqual(['environment@1']);
    expect(broken('functions/streamer/pipeline.ts', 'load(process.env);')).toEqual(['environment@1']);
    expect(broken('functions/cli/quote.ts', "import { env } from 'node:process';")).toEqual([
      'environment@1',
    ]);
  });

  it('lets an entry file hand the environment on, and not look into it', () => {
    const entry = 'functions/cli/arb.ts';
    expect(broken(entry, 'load({ env: process.env });')).toEqual([]);
    expect(broken('functions/streamer/main.ts', 'load(process.env);')).toEqual([]);
    expect(broken(entry, 'const url = process.env.ARB_RPC_URL;')).toEqual(['environment@1']);
    expect(broken(entry, "const url = process.env['ARB_RPC_URL'];")).toEqual(['environment@1']);
    expect(broken(entry, 'const { ARB_RPC_URL } = process.env;')).toEqual(['environment@1']);
  });
});

describe('a sealed type', () => {
  it.each([
    'const order = { minAmountOut: 0n } as Approved;',
    'const order = {} as unknown as Approved;',
    'const orders = told as readonly Approved[];',
    'const order = <Approved>told;',
    "const order = told as import('../risk/approve.ts').Approved;",
    'function isOrder(told: unknown): told is Approved { return true; }',
  ])('is cast to by nobody but its maker: %s', (text) => {
    expect(broken('shared/execution/a.ts', text)).toContain('sealed-types@1');
    expect(broken('shared/platform/a.test.ts', text)).toContain('sealed-types@1');
    expect(broken('shared/risk/approve.ts', text)).not.toContain('sealed-types@1');
  });

  it.each([
    'function submit(order: Approved): void {}',
    "import type { Approved } from '../risk/approve.ts';",
    'const orders: Approved[] = [];',
    "const outcome = { outcome: 'Approved' } as Outcome;",
  ])('may be named: %s', (text) => {
    expect(broken('shared/execution/a.ts', text)).toEqual([]);
  });
});

describe('rooms', () => {
  /** `file rule` of everything wrong with several files. */
  const brokenIn = (files: Readonly<Record<string, string>>): string[] =>
    checkLayers({ sources: new Map(Object.entries(files)), declared: DECLARED }).map(
      ({ file, rule }) => `${file} ${rule}`,
    );

  it('do not import each other, however deep', () => {
    expect(
      brokenIn({
        'shared/platform/feed/wire/a.ts': "import '../../rpc/b.ts';\nimport '../../rpc/c.ts';",
        'shared/platform/rpc/pool/b.ts': "import type { D } from '../../feed/d.ts';",
      }),
    ).toEqual(['shared/platform/rpc/pool/b.ts rooms-one-way']);
  });

  it('may import one way, and what stands in the hall they open to may be imported both ways', () => {
    expect(
      brokenIn({
        'shared/platform/feed/a.ts': "import '../rpc/b.ts';\nimport './wire/c.ts';",
        'shared/platform/feed/wire/c.ts': "import '../a.ts';",
      }),
    ).toEqual([]);
  });

  it('are not joined by their tests', () => {
    expect(
      brokenIn({
        'shared/platform/feed/a.ts': "import '../rpc/b.ts';",
        'shared/platform/rpc/b.test.ts': "import '../feed/a.ts';",
      }),
    ).toEqual([]);
  });
});

describe('shared/run', () => {
  it('composes layers and platform, and neither of them knows it', () => {
    expect(broken('shared/run/a.ts', "import '../engine/b.ts';\nimport '../platform/c.ts';")).toEqual([]);
    expect(broken('functions/streamer/main.ts', "import '../../shared/run/a.ts';")).toEqual([]);
    expect(broken('shared/engine/a.ts', "import '../run/b.ts';")).toEqual(['run-above@1']);
    expect(broken('shared/platform/store/a.ts', "import '../../run/b.ts';")).toEqual(['run-above@1']);
  });

  it('drives the local node only from the files named for it', () => {
    expect(broken('shared/run/local-a.ts', "import '../sim/b.ts';")).toEqual([]);
    expect(broken('shared/run/a.ts', "import '../sim/b.ts';")).toEqual(['no-sim@1']);
  });
});

describe('kits of venues', () => {
  it('gives names out, which nobody in the house takes from there', () => {
    expect(broken('shared/library/a.ts', "export { b } from '../run/b.ts';")).toEqual([]);
    expect(broken('shared/library/a.ts', "export { b } from '../market/b.ts';")).toEqual([]);
    expect(broken('shared/library/a.ts', "export { b } from '../sim/b.ts';")).toEqual(['no-sim@1']);
    for (const from of [
      'shared/run/a.ts',
      'shared/platform/a.ts',
      'shared/market/a.ts',
      'functions/cli/a.ts',
    ]) {
      const to = `${from.startsWith('functions') ? '../../shared' : '..'}/library/b.ts`;
      expect(broken(from, `import { b } from '${to}';`)).toEqual(['library-outside@1']);
    }
  });

  it('may be imported by every venue and import none', () => {
    expect(broken('shared/venues/orca-whirlpool/a.ts', "import '../token/b.ts';")).toEqual([]);
    expect(broken('shared/venues/token/a.ts', "import '../orca-whirlpool/b.ts';")).toEqual([
      'venues-apart@1',
    ]);
  });
});
