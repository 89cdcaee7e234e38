import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBuiltinMarket } from '../sim/markets/builtin-market.ts';
import { checked, type Exported, exportedFunctions, firstBlock } from './test-examples.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
};
const ENTRIES = readdirSync(join(root, 'shared/library')).filter((name) => /^[a-z]+\.ts$/.test(name));
const functions = ENTRIES.flatMap((name) => exportedFunctions(root, `shared/library/${name}`));
const CHECK = `import { deepStrictEqual } from 'node:assert';
function check(value: unknown, expected: unknown): void { deepStrictEqual(value, expected); }
`;

/** A project that has installed the package: market.json and a recording in it, and one script an example. */
let project = '';
/** Every file in the package. */
let packed: string[] = [];
/** By the name of an example: what went wrong, '' when nothing did. */
let outcomes: Readonly<Record<string, string>> = {};

const RUN_ALL = `const outcomes: Record<string, string> = {};
for (const name of process.argv.slice(2)) {
  await import(\`./\${name}.ts\`).then(() => { outcomes[name] = ''; }, (error) => { outcomes[name] = String(error); });
}
console.log(JSON.stringify(outcomes));
`;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'library-'));
  const npm = ['run', '--silent', 'pack', '--', '--json', '--pack-destination', project];
  await run('npm', npm, { cwd: root, timeout: 150_000 });
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))!;
  packed = (await run('tar', ['-tzf', tarball], { cwd: project })).stdout.trim().split('\n');
  const installed = join(project, 'node_modules', manifest.name);
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed], { cwd: project });
  for (const name of [...Object.keys(manifest.dependencies), '@types']) {
    const link = join(project, 'node_modules', name);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'dir');
  }
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
  writeFileSync(join(project, 'market.json'), snapshotText());
  for (const { name, example } of functions) {
    writeFileSync(join(project, `${name}.ts`), CHECK + checked(example));
  }
  const snippet = firstBlock(readFileSync(join(root, 'README.md'), 'utf8'), '## As a library');
  writeFileSync(join(project, 'snippet.ts'), snippet);
  const record = ['record', '--simulated-time', '--duration', '2', '--out', 'tape'];
  await node([join(root, 'functions/cli/arb.ts'), ...record]);
  writeFileSync(join(project, 'run-all.ts'), RUN_ALL);
  outcomes = JSON.parse(await node(['run-all.ts', ...functions.map(({ name }) => name)]));
}, 240_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

async function node(args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH };
  const { stdout } = await run(process.execPath, args, { cwd: project, timeout: 60_000, env });
  return stdout;
}

/** The built-in market as a snapshot file. */
function snapshotText(): string {
  const { clock, pools, accounts } = createBuiltinMarket(7);
  return JSON.stringify({
    clock,
    pools: pools.map(({ venue, address }) => ({ venue, address })),
    accounts: accounts.map(({ address, account: { owner, lamports, data } }) => ({
      pubkey: address,
      owner,
      lamports: String(lamports),
      data: Buffer.from(data).toString('base64'),
    })),
  });
}

describe('the package', () => {
  it('holds what is built, its declarations and nothing else', () => {
    const besides = packed.filter((path) => !/^package\/dist\/[a-z0-9/-]+\.(js|d\.ts)$/.test(path)).sort();
    const plain = ['LICENSE', 'README.md', 'functions/cli/arb.cjs', 'package.json'];
    expect(besides).toEqual(plain.map((path) => `package/${path}`));
    expect(packed.filter((path) => /\/(sim|bench|layers|repository-checks)\/|\/test-/.test(path))).toEqual(
      [],
    );
    const entries = ENTRIES.map((name) => name.replace('.ts', ''));
    for (const name of entries) {
      expect(packed).toContain(`package/dist/library/${name}.js`);
      expect(packed).toContain(`package/dist/library/${name}.d.ts`);
    }
    expect(Object.keys(manifest.exports).sort()).toEqual(
      [...entries.map((name) => `./${name}`), './package.json'].sort(),
    );
  });

  it('quotes every pool of a snapshot by the snippet in the README, of fifteen lines', async () => {
    const lines = readFileSync(join(project, 'snippet.ts'), 'utf8').trim().split('\n');
    expect(lines.length).toBeLessThanOrEqual(15);
    const quoted = (await node(['snippet.ts'])).trim().split('\n');
    const { pools } = JSON.parse(snapshotText()) as { pools: { venue: string; address: string }[] };
    expect(quoted.map((line) => line.split(' ').slice(0, 2))).toEqual(
      pools.map(({ venue, address }) => [venue, address]),
    );
    expect(quoted.filter((line) => / pays [1-9]\d*$/.test(line)).length).toBeGreaterThan(pools.length / 2);
  });

  it('gives out no function without an example', () => {
    expect(functions.length).toBeGreaterThan(15);
    expect(functions.filter(({ example }) => !example.includes('// → ')).map(nameOf)).toEqual([]);
  });

  it.each(functions)('keeps the example of $name true', ({ name, entry, example }) => {
    expect(example).toContain(`'${manifest.name}/${entry.replace(/.*\/|\.ts$/g, '')}'`);
    expect(outcomes[name]).toBe('');
  });

  it('has types by which the snippet and the examples compile', { timeout: 150_000 }, async () => {
    const files = [...functions.map(({ name }) => `${name}.ts`), 'snippet.ts'];
    const options = ['--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext', '--types', 'node'];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await expect(run(process.execPath, [tsc, ...options, ...files], { cwd: project })).resolves.toMatchObject(
      {
        stdout: '',
      },
    );
  });

  it('tells who starts the command out of it where the command is', async () => {
    const arb = join(project, 'node_modules', manifest.name, 'functions/cli/arb.cjs');
    await expect(node([arb, 'run'])).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/what is packed is the library.*\n.*from a checkout/),
    });
  });
});

describe('an example', () => {
  it('fails where a line is not what it says', () => {
    expect(checked("a;\n  b(1); // → 'x'\n")).toBe("a;\n  check(b(1), 'x');\n");
  });
});

function nameOf({ entry, name }: Exported): string {
  return `${name} in ${entry}`;
}
