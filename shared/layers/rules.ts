/**
 * The house as data: which folder stands where, and what each may reach. check.ts applies it to every source
 * file. To change a rule, change it here, give it a failing case in check.test.ts, and tell it in shared/README.md.
 */

/** Each layer may import itself and those before it. */
export const LAYERS = [
  'core',
  'math',
  'venues',
  'market',
  'costs',
  'routing',
  'risk',
  'execution',
  'engine',
  'census',
] as const;

/** What several venues are built with: folders of shared/venues that are no venue, so every venue may import them. */
const VENUE_KITS: readonly string[] = ['local', 'token'];

/** What only a chain of our own needs of the venues: their halves, what they are made with, and their registry. */
const LOCAL_HALF = /^shared\/venues\/(local\/|local-registry\.ts$|[^/]+\/local\/)/;

/** Beside sim, which runs that chain: proofs, which make pools by it for the real programs. */
const LOCAL_HALF_USERS = [/^functions\/cli\/prove\//];

/** The files that list the venues: the only ones that reach into their folders. */
const REGISTRIES: readonly string[] = ['shared/venues/registry.ts', 'shared/venues/local-registry.ts'];

/** Folders of shared/ that no deployable carries: checks and measurements. They may import all of shared. */
const TOOLS: readonly string[] = ['bench', 'dev', 'layers', 'mutation', 'repository-checks'];

/** npm packages a layer may import; layers not named here may import none. */
const LAYER_PACKAGES: Readonly<Record<string, readonly string[]>> = { core: ['bs58', '@noble/curves'] };

/** Node's own modules a layer may import; layers not named here may import none. */
const LAYER_BUILTINS: Readonly<Record<string, readonly string[]>> = { core: ['node:crypto'] };

/** The only production files that may drive what sim serves: the `run` and `chaos` verbs and what they compose. */
const SIM_STARTERS = [
  /^functions\/cli\/run\/run[^/]*\.ts$/,
  /^functions\/cli\/chaos\/[^/]+\.ts$/,
  /^functions\/streamer\/local\/[^/]+\.ts$/,
  /^shared\/run\/(local-[a-z-]+|simulated-[a-z-]+)\.ts$/,
];

/** Function folders that may compose another function's folder. */
const FUNCTION_COMPOSES: Readonly<Record<string, readonly string[]>> = { cli: ['streamer'] };

/** Entry files: they may hand `process.env` on as a whole, and never read a variable out of it. */
const COMPOSITION_ROOTS = [/^functions\/cli\/arb\.ts$/, /^functions\/[^/]+\/(main|index)\.ts$/];

/** SDKs and clients of what stands outside the program: only platform speaks to it. */
const SDK_PACKAGES =
  /^(@grpc\/.*|@google-cloud\/.*|helius-sdk|@jup-ag\/api|undici|ws|@solana\/web3\.js|laserstream-core-proto-js|prom-client)$/;

/** What the local servers need to speak the same protocols. */
const SIM_SDKS = /^(@grpc\/.*|ws|@solana\/web3\.js|laserstream-core-proto-js)$/;

/** The one file of shared/ that the Pulumi program may import. */
const NAMES_FILE = 'shared/core/names.ts';

/** Beside the source and free to reach further: tests, benches, and what tests share (`contract.ts`, `test-x.ts`). */
const TEST_FILE = /(\.test|\.bench|\/contract|\/test-[a-z0-9-]+)\.ts$/;

/**
 * Globals that bring time, chance or the outside world. In core to engine they would break replay. An entry
 * without a dot forbids the global whole.
 */
export const WORLD_GLOBALS: ReadonlySet<string> = new Set([
  'Date.now',
  'Math.random',
  'performance',
  'crypto',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
  'WebSocket',
]);

/** Types of values that only one file makes: nothing is cast to one anywhere else, tests included. */
export const SEALED_TYPES: ReadonlyMap<string, string> = new Map([['Approved', 'shared/risk/approve.ts']]);

export type Zone =
  | 'layer'
  | 'run'
  | 'platform'
  | 'library'
  | 'sim'
  | 'tool'
  | 'function'
  | 'infra'
  | 'root'
  | 'unknown';

/** Where a file stands. */
export interface Place {
  readonly path: string;
  readonly zone: Zone;
  /** The layer, function or tool folder; '' elsewhere. */
  readonly folder: string;
  /** The venue folder under shared/venues; '' elsewhere. */
  readonly venue: string;
  readonly test: boolean;
}

/** What is wrong and the way out; null when the import is allowed. */
export interface Ruling {
  readonly rule: string;
  readonly message: string;
}

/** Places `path` (relative to the repository root, with forward slashes). */
export function placeOf(path: string): Place {
  const [top = '', folder = '', third = ''] = path.split('/');
  const deep = path.split('/').length > 3;
  const test = TEST_FILE.test(path);
  const at = (zone: Zone, venue = ''): Place => ({ path, zone, folder, venue, test });
  if (!path.includes('/')) return { path, zone: 'root', folder: '', venue: '', test };
  if (top === 'infra') return { path, zone: 'infra', folder: '', venue: '', test };
  const inFolder = path.split('/').length > 2;
  if (top === 'functions' && inFolder) return at('function');
  if (top !== 'shared' || !inFolder) return at('unknown');
  if ((LAYERS as readonly string[]).includes(folder)) {
    const venue = folder === 'venues' && deep && !VENUE_KITS.includes(third);
    return at('layer', venue ? third : '');
  }
  if (folder === 'run' || folder === 'platform' || folder === 'library' || folder === 'sim')
    return at(folder);
  return at(TOOLS.includes(folder) ? 'tool' : 'unknown');
}

/** Judges an import of one file of the repository by another. */
export function judgeFileImport(from: Place, to: Place): Ruling | null {
  if (to.zone === 'unknown') {
    return ruling('unknown-folder', `${to.path} stands in no known folder`, 'name its folder in rules.ts');
  }
  if (to.test && !from.test && from.zone !== 'tool') {
    return ruling(
      'no-test-imports',
      `production code imports the test file ${to.path}`,
      'move what it needs out of it',
    );
  }
  if (from.zone === 'infra') return judgeFromInfra(from, to);
  if (to.zone === 'infra') return ruling('infra-alone', `${to.path} is imported`, 'nothing imports infra');
  if (from.zone === 'root' || from.zone === 'tool') return null;
  if (to.zone === 'function') return judgeToFunction(from, to);
  if (from.test || from.zone === 'sim') return null;
  if (to.zone === 'sim') return judgeToSim(from, to);
  if (to.zone === 'tool') {
    return ruling('no-tool-imports', `${to.path} is a repository tool`, 'move what it needs into a layer');
  }
  if (to.zone === 'library') {
    return ruling(
      'library-outside',
      `${to.path} is what the package gives out`,
      'import what it re-exports from where that stands',
    );
  }
  const fromLocal = LOCAL_HALF.test(from.path);
  if (
    LOCAL_HALF.test(to.path) &&
    !fromLocal &&
    !LOCAL_HALF_USERS.some((pattern) => pattern.test(from.path))
  ) {
    return ruling(
      'local-apart',
      `${from.path} imports ${to.path}, which only a chain of our own needs`,
      'use the Venue contract; what trades on a real chain carries no local half',
    );
  }
  if (to.venue !== '' && to.venue !== from.venue) return judgeToVenue(from, to);
  if (to.zone === 'run') return judgeToRun(from, to);
  if (from.zone !== 'layer') return null;
  if (to.zone === 'platform') {
    return ruling(
      'no-platform',
      `the layer ${from.folder} imports ${to.path}`,
      'declare a port where it is used and let platform implement it',
    );
  }
  const isRegistry = REGISTRIES.includes(to.path);
  if (from.venue !== '' && isRegistry) {
    return ruling('venues-apart', `${from.venue} imports the registry`, 'the registry imports venues');
  }
  const order = LAYERS as readonly string[];
  if (order.indexOf(to.folder) <= order.indexOf(from.folder)) return null;
  return ruling(
    'layer-order',
    `${from.folder} imports ${to.folder} (${to.path}), which stands after it in ${LAYERS.join(' <- ')}`,
    `move what both need into ${from.folder} or before it, or pass it in as a parameter`,
  );
}

/** Judges an import of an npm package or a Node module. `declared` says which packages the manifest lists. */
export function judgePackageImport(from: Place, specifier: string, declared: Declared): Ruling | null {
  const builtin = specifier.startsWith('node:');
  const name = packageName(specifier);
  if (from.zone === 'layer' && !from.test) {
    const allowed = (builtin ? LAYER_BUILTINS : LAYER_PACKAGES)[from.folder] ?? [];
    if (allowed.includes(name)) return null;
    const may = allowed.length === 0 ? 'none' : allowed.join(', ');
    return ruling(
      builtin ? 'layer-builtins' : 'layer-packages',
      `${from.folder} imports ${specifier} (allowed there: ${may})`,
      'declare a port and implement it in shared/platform',
    );
  }
  if (builtin) return null;
  if (SDK_PACKAGES.test(name) && !mayUseSdk(from, name)) {
    return ruling(
      'sdk-packages',
      `${from.path} imports ${name}, the SDK of something outside`,
      'let shared/platform use it and give out a port of ours',
    );
  }
  const free = from.test || from.zone === 'tool' || from.zone === 'root';
  const lists = from.zone === 'infra' ? [declared.infra] : [declared.production];
  if (free) lists.push(declared.development);
  if (lists.some((list) => list.has(name))) return null;
  return ruling(
    'declared-packages',
    `${name} is not among the ${from.zone === 'infra' ? 'infra' : free ? 'root' : 'production'} dependencies`,
    'add it to package.json at an exact version and say why in shared/DEPENDENCIES.md, or do without it',
  );
}

function mayUseSdk(from: Place, name: string): boolean {
  if (from.test || from.zone === 'platform' || from.zone === 'tool' || from.zone === 'root') return true;
  if (from.zone === 'infra') return true;
  return from.zone === 'sim' && SIM_SDKS.test(name);
}

/** Judges a global that brings time, chance or the outside world, such as `Date.now`. */
export function judgeGlobal(from: Place, name: string): Ruling | null {
  if (from.zone !== 'layer' || from.test) return null;
  return ruling(
    'pure-layers',
    `${from.folder} uses ${name}, so its runs cannot be replayed`,
    'take a Clock or a Random (shared/core), or do it in shared/platform',
  );
}

/** Judges a cast to a sealed type. */
export function judgeCast(from: Place, name: string): Ruling | null {
  const maker = SEALED_TYPES.get(name);
  if (from.path === maker) return null;
  return ruling('sealed-types', `something is cast to ${name}`, `take one that ${maker} has made`);
}

/** Judges a use of `process.env`; `whole` when it is handed on without reading a variable. */
export function judgeEnvironment(from: Place, whole: boolean): Ruling | null {
  if (from.test || from.zone === 'platform' || from.zone === 'tool' || from.zone === 'root') return null;
  if (whole && COMPOSITION_ROOTS.some((pattern) => pattern.test(from.path))) return null;
  return ruling(
    'environment',
    'process.env is read outside shared/platform',
    'add a key to the config schema; an entry file may hand process.env on whole to the loader',
  );
}

/** A room: one folder beside others in a folder that stands below `functions/x` or `shared/x`. */
interface Rooms {
  readonly parent: string;
  readonly from: string;
  readonly to: string;
}

/** The two rooms that an import joins, null when it stays in one, or goes between a room and the hall they open to. */
export function roomsBetween(from: Place, to: Place): Rooms | null {
  const a = from.path.split('/').slice(0, -1);
  const b = to.path.split('/').slice(0, -1);
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [one, other] = [a[same], b[same]];
  if (same < 2 || one === undefined || other === undefined) return null;
  return { parent: a.slice(0, same).join('/'), from: one, to: other };
}

/** The packages the manifests list. */
export interface Declared {
  readonly production: ReadonlySet<string>;
  readonly development: ReadonlySet<string>;
  readonly infra: ReadonlySet<string>;
}

export function ruling(rule: string, problem: string, wayOut: string): Ruling {
  return { rule, message: `${problem}. Way out: ${wayOut}.` };
}

/** `@scope/name/sub` → `@scope/name`; a Node module keeps its whole name. */
function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function judgeFromInfra(from: Place, to: Place): Ruling | null {
  if (to.zone === 'infra' || to.path === NAMES_FILE || (from.test && to.zone !== 'function')) return null;
  return ruling(
    'infra-alone',
    `infra imports ${to.path}`,
    `put the shared name into ${NAMES_FILE}, the one file infra may import`,
  );
}

function judgeToFunction(from: Place, to: Place): Ruling | null {
  if (from.zone !== 'function') {
    if (from.path.endsWith('.bench.ts')) return null;
    return ruling('shared-below', `shared imports ${to.path}`, 'move what it needs into shared');
  }
  if (from.folder === to.folder || from.test) return null;
  if (FUNCTION_COMPOSES[from.folder]?.includes(to.folder) === true) return null;
  return ruling(
    'functions-apart',
    `the function ${from.folder} imports ${to.folder} (${to.path})`,
    'move what both need into shared',
  );
}

function judgeToSim(from: Place, to: Place): Ruling | null {
  if (SIM_STARTERS.some((pattern) => pattern.test(from.path))) return null;
  return ruling(
    'no-sim',
    `production code imports ${to.path}`,
    'only the run and chaos verbs (functions/cli/run/run*.ts, functions/cli/chaos), functions/streamer/local and the local-*.ts and simulated-*.ts of shared/run drive the local node',
  );
}

function judgeToRun(from: Place, to: Place): Ruling | null {
  if (from.zone === 'run' || from.zone === 'library' || from.zone === 'function') return null;
  return ruling(
    'run-above',
    `${from.path} imports ${to.path}, which composes it`,
    'pass what it needs in as a parameter, or move it into a layer',
  );
}

function judgeToVenue(from: Place, to: Place): Ruling | null {
  if (REGISTRIES.includes(from.path)) return null;
  return ruling(
    'venues-apart',
    `${from.path} imports the venue folder ${to.venue}`,
    from.venue === ''
      ? 'iterate the registry and use the Venue contract'
      : 'move what both venues need to the root of shared/venues or to shared/math',
  );
}
