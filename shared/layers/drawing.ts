import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArbError } from '../core/errors.ts';
import { readTree, type Tree } from './check.ts';
import { reachesOf } from './imports.ts';
import { type Place, placeOf } from './rules.ts';

/** The page that holds the drawing, seen from the root, and the command that draws it anew. */
export const PAGE = 'ARCHITECTURE.md';
const COMMAND = 'npm run architecture';
const BEGIN = `<!-- drawn by ${COMMAND} from the imports; do not edit -->`;
const END = '<!-- end of the drawing -->';

/** Whoever imports, and what each imports: folders as they are called in the drawing. */
type Imports = ReadonlyMap<string, ReadonlySet<string>>;

/** Which folders of the house import which in production code; tools and tests aside. */
export function folderImports({ sources }: Tree): Imports {
  const imports = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const from = placeOf(path);
    if (!isDrawn(from)) continue;
    const known = imports.get(nameOf(from)) ?? new Set();
    imports.set(nameOf(from), known);
    for (const reach of reachesOf(path, text)) {
      if (reach.kind !== 'import' || !reach.specifier.startsWith('.')) continue;
      const to = placeOf(posix.join(posix.dirname(path), reach.specifier));
      if (isDrawn(to) && nameOf(to) !== nameOf(from)) known.add(nameOf(to));
    }
  }
  return imports;
}

/**
 * The imports without those that follow from others: where a imports b and b, by whatever way, c, an import of c by a is
 * not drawn. Throws `layers-cycle` where two folders import each other, for then none of it would follow from the rest.
 */
export function withoutImplied(imports: Imports): Imports {
  const reached = new Map<string, ReadonlySet<string>>();
  const reach = (name: string, path: readonly string[]): ReadonlySet<string> => {
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' -> ');
      throw new ArbError('layers-cycle', `folders import each other: ${circle}`, { circle });
    }
    const known = reached.get(name);
    if (known !== undefined) return known;
    const found = new Set<string>();
    for (const next of imports.get(name) ?? []) {
      found.add(next);
      for (const further of reach(next, [...path, name])) found.add(further);
    }
    reached.set(name, found);
    return found;
  };
  for (const name of imports.keys()) reach(name, []);
  return new Map(
    [...imports].map(([name, all]) => {
      const direct = [...all].filter((to) => ![...all].some((by) => by !== to && reach(by, []).has(to)));
      return [name, new Set(direct)];
    }),
  );
}

/** The drawing as a Mermaid flowchart: an arrow from whoever imports to what it imports. */
export function drawHouse(tree: Tree): string {
  const imports = withoutImplied(folderImports(tree));
  const names = [...imports.keys()].sort();
  const arrows = names.flatMap((name) =>
    [...imports.get(name)!].sort().map((to) => `  ${id(name)} --> ${id(to)}`),
  );
  return [
    '```mermaid',
    'flowchart TD',
    ...names.map((name) => `  ${id(name)}["${name}"]`),
    ...arrows,
    '```',
  ].join('\n');
}

/** `page` with `drawing` between its marks. Throws `layers-page` when it lacks them. */
export function withDrawing(page: string, drawing: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from)
    throw new ArbError('layers-page', `${PAGE} lacks the marks "${BEGIN}" and "${END}"`);
  return `${page.slice(0, from)}${BEGIN}\n\n${drawing}\n\n${page.slice(to)}`;
}

function isDrawn({ zone, test }: Place): boolean {
  return (
    !test &&
    (zone === 'layer' || zone === 'function' || ['run', 'platform', 'library', 'sim', 'infra'].includes(zone))
  );
}

function nameOf({ zone, folder }: Place): string {
  if (zone === 'infra') return 'infra';
  return zone === 'function' ? `functions/${folder}` : folder;
}

function id(name: string): string {
  return name.replace('/', '-');
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const page = join(root, PAGE);
  writeFileSync(page, withDrawing(readFileSync(page, 'utf8'), drawHouse(readTree(root))));
  console.log(`${PAGE}: drawn`);
}
