import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { type Reach, reachesOf } from './imports.ts';
import {
  type Declared,
  judgeCast,
  judgeEnvironment,
  judgeFileImport,
  judgeGlobal,
  judgePackageImport,
  type Place,
  placeOf,
  type Ruling,
  roomsBetween,
  ruling,
} from './rules.ts';

/** One broken rule. */
export interface Violation extends Ruling {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** Source text by path relative to the repository root, and the packages its manifests list. */
export interface Tree {
  readonly sources: ReadonlyMap<string, string>;
  readonly declared: Declared;
}

/** Every broken rule in `tree`, in path and line order; empty when the house stands. */
export function checkLayers(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  const doors = createDoors();
  for (const [path, text] of [...tree.sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const place = placeOf(path);
    if (place.zone === 'unknown') {
      const unknown = ruling(
        'unknown-folder',
        'the file stands in no known folder',
        'name its folder in rules.ts',
      );
      violations.push({ file: path, line: 1, ...unknown });
    }
    for (const reach of reachesOf(path, text)) {
      const found = judge(place, reach, tree.declared);
      if (found !== null) violations.push({ file: path, line: reach.line, ...found });
      doors.see(place, reach);
    }
  }
  return [...violations, ...doors.bothWays()];
}

/** Collects which rooms import which: two rooms that import each other are one room with a wall through it. */
function createDoors() {
  const doors = new Map<string, Violation[]>();
  return {
    see(place: Place, reach: Reach): void {
      if (place.test || reach.kind !== 'import' || !reach.specifier.startsWith('.')) return;
      const to = placeOf(posix.join(posix.dirname(place.path), reach.specifier));
      const rooms = roomsBetween(place, to);
      if (rooms === null || to.test) return;
      const { parent } = rooms;
      const key = `${parent} ${rooms.from} ${rooms.to}`;
      const found = ruling(
        'rooms-one-way',
        `${parent}/${rooms.from} imports ${to.path}, and ${parent}/${rooms.to} imports ${rooms.from}`,
        `move what both need into one of them or into ${parent}`,
      );
      const known = doors.get(key) ?? [];
      doors.set(key, known);
      known.push({ file: place.path, line: reach.line, ...found });
    },
    /** Of each two rooms at odds, the imports of the way that has fewer. */
    bothWays(): Violation[] {
      return [...doors].flatMap(([key, there]) => {
        const [parent, from, to] = key.split(' ');
        const back = doors.get(`${parent} ${to} ${from}`) ?? [];
        const fewer = there.length < back.length || (there.length === back.length && from! < to!);
        return back.length > 0 && fewer ? there : [];
      });
    },
  };
}

/** `file:line rule: message`, as the command prints it. */
export function describeViolation(violation: Violation): string {
  return `${violation.file}:${violation.line} ${violation.rule}: ${violation.message}`;
}

/** Reads the TypeScript sources and manifests under `root`. Throws when a manifest is missing or not JSON. */
export function readTree(root: string): Tree {
  const sources = new Map<string, string>();
  for (const top of ['functions', 'infra', 'shared']) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length).replaceAll('\\', '/').replace(/^\//, '');
      if (!entry.isFile() || !name.endsWith('.ts') || name.includes('node_modules/')) continue;
      sources.set(name, readFileSync(path, 'utf8'));
    }
  }
  const main = readManifest(join(root, 'package.json'));
  const infra = readManifest(join(root, 'infra', 'package.json'));
  const declared: Declared = {
    production: new Set(Object.keys(main.dependencies ?? {})),
    development: new Set(Object.keys(main.devDependencies ?? {})),
    infra: new Set(Object.keys({ ...infra.dependencies, ...infra.devDependencies })),
  };
  return { sources, declared };
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function judge(place: Place, reach: Reach, declared: Declared): Ruling | null {
  if (reach.kind === 'global') return judgeGlobal(place, reach.name);
  if (reach.kind === 'sealed-cast') return judgeCast(place, reach.name);
  if (reach.kind === 'environment') return judgeEnvironment(place, reach.whole);
  if (reach.kind === 'computed-import') {
    if (place.test || place.zone === 'tool') return null;
    return ruling('plain-imports', 'the target of an import is computed', 'import a literal path');
  }
  const { specifier } = reach;
  if (specifier.startsWith('.')) {
    return judgeFileImport(place, placeOf(posix.join(posix.dirname(place.path), specifier)));
  }
  if (!specifier.startsWith('node:') && builtinModules.includes(specifier)) {
    return ruling('node-prefix', `${specifier} is a Node module`, `write node:${specifier}`);
  }
  return judgePackageImport(place, specifier, declared);
}

if (import.meta.main) {
  const tree = readTree(process.cwd());
  const violations = checkLayers(tree);
  for (const violation of violations) console.error(describeViolation(violation));
  console.log(`layers: ${tree.sources.size} files, ${violations.length} broken rules`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
