import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ArbError, errorText } from '../core/errors.ts';
import { type Bench, createHarness, type Result, round } from './harness.ts';
import { table } from './table.ts';

const USAGE = `npm run -s bench -- [NAME...] [--json] [--list]

Measures every benchmark, or those whose name begins with a NAME.
  --json  one JSON array on stdout, an object a benchmark:
          {name, value, unit, p50?, p99?, baseline?: {name, value}, ratio?, also?: {name: value}};
          p50 and p99 in microseconds
  --list  names and units, measuring nothing
Exit code: 0 measured, 1 a benchmark failed, 2 no such benchmark or option.`;

/** A line of the output. */
export interface Figure extends Result {
  readonly name: string;
  readonly unit: string;
  readonly ratio?: number;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Every benchmark of the tree, in the order of their names. Throws `bench-invalid` naming the file. */
async function discover(): Promise<Bench[]> {
  const found: Bench[] = [];
  for (const path of globSync('{shared,functions}/**/*.bench.ts', { cwd: ROOT })) {
    const module: { benches?: readonly Bench[] } = await import(join(ROOT, path));
    if (!Array.isArray(module.benches)) {
      throw new ArbError('bench-invalid', `${path} exports no benches`, { path });
    }
    found.push(...(module.benches as readonly Bench[]));
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function toFigure(bench: Bench, result: Result): Figure {
  const { value, p50, p99, baseline, also } = result;
  return {
    name: bench.name,
    value: round(value),
    unit: bench.unit,
    ...(p50 === undefined ? {} : { p50 }),
    ...(p99 === undefined ? {} : { p99 }),
    ...(baseline === undefined
      ? {}
      : {
          baseline: { name: baseline.name, value: round(baseline.value) },
          ratio: round(value / baseline.value),
        }),
    ...(also === undefined
      ? {}
      : { also: Object.fromEntries(Object.entries(also).map(([name, figure]) => [name, round(figure)])) }),
  };
}

async function main(): Promise<number> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (thrown) {
    say(`${errorText(thrown)}\n\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = options;
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const all = await discover();
  const unknown = positionals.find((name) => !all.some((bench) => bench.name.startsWith(name)));
  if (unknown !== undefined) {
    say(`no benchmark begins with "${unknown}"; there are: ${all.map((bench) => bench.name).join(', ')}`);
    return 2;
  }
  const chosen = all.filter(
    (bench) => positionals.length === 0 || positionals.some((name) => bench.name.startsWith(name)),
  );
  if (values.list) {
    for (const { name, unit } of chosen) process.stdout.write(`${name} (${unit})\n`);
    return 0;
  }
  const figures: Figure[] = [];
  let failed = 0;
  for (const bench of chosen) {
    say(`${bench.name} ...`);
    try {
      figures.push(
        toFigure(bench, await bench.run(createHarness((text) => say(`  ${bench.name}: ${text}`)))),
      );
    } catch (thrown) {
      failed++;
      say(`  ${bench.name} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    }
  }
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
  return failed === 0 ? 0 : 1;
}

function readOptions() {
  return parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
  });
}

process.exitCode = await main();
