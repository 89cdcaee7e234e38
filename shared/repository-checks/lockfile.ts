/** The parts of package-lock.json that are checked. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  /** Only where it differs from the folder: an alias. */
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The parts of a package.json that are checked. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

const EXACT = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.-]+)?$/;

/**
 * Optional dependencies without a lock entry, as `parent needs name@range`. npm leaves out the platform packages
 * that the registry in use does not hold, and `npm ci` on another registry then refuses the lock file as a whole.
 */
export function missingOptional(lock: Lockfile): string[] {
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => lockedFor(lock, path, name) === undefined)
      .map(([name, range]) => `${path === '' ? 'the root' : path} needs ${name}@${range}`),
  );
}

/**
 * Peers, optional ones too, that are locked at another major than their dependent wants, as `dependent wants
 * name@range, locked version`. npm 11 lets an optional peer be; npm 10, which Node 20 brings, refuses the lock file.
 * Only ranges made of carets are judged.
 */
export function contradictedPeers(lock: Lockfile): string[] {
  return Object.entries(lock.packages).flatMap(([path, { peerDependencies = {} }]) =>
    Object.entries(peerDependencies).flatMap(([name, range]) => {
      const version = lockedFor(lock, path, name)?.version;
      const majors = range.split('||').map((one) => /^\s*\^([1-9]\d*)\./.exec(one)?.[1]);
      if (version === undefined || majors.some((major) => major === undefined)) return [];
      const [locked] = version.split('.');
      return majors.includes(locked) ? [] : [`${path} wants ${name}@${range}, locked ${version}`];
    }),
  );
}

/** Entries that say where a package was fetched from; the folder of a workspace is not meant. */
export function namedHosts(lock: Lockfile): string[] {
  return Object.entries(lock.packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([path, { resolved }]) => `${path} ${resolved}`);
}

/** Names of the packages that would run something when installed, sorted. */
export function withInstallScript(lock: Lockfile): string[] {
  const paths = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
  return [...new Set(paths.map(([path]) => folderName(path)))].sort();
}

/** Every version locked of what is installed as `name`, aliases written as `other@version`, sorted. */
export function lockedAs(lock: Lockfile, name: string): string[] {
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '' && folderName(path) === name)
    .map(([, { name: alias, version = '' }]) => (alias === undefined ? version : `${alias}@${version}`))
    .sort();
}

/** Requirements of a manifest that leave the version open, as `name: range`. */
export function looseRanges(manifest: Manifest): string[] {
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
  const plain = Object.entries(overrides ?? {}).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string' && !entry[1].startsWith('$');
  });
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .concat(plain)
    .filter(([, range]) => !EXACT.test(range))
    .map(([name, range]) => `${name}: ${range}`);
}

/** Overrides that some locked package escapes, as `name: what is locked`. */
export function brokenOverrides(lock: Lockfile, manifest: Manifest): string[] {
  return Object.entries(manifest.overrides ?? {}).flatMap(([name, wanted]) => {
    if (typeof wanted !== 'string' || wanted.startsWith('$')) return [];
    const expected = wanted.replace(/^npm:/, '');
    return lockedAs(lock, name)
      .filter((version) => version !== expected)
      .map((version) => `${name}: ${version}`);
  });
}

/** What `name` resolves to when required from `path`, as Node looks it up: nearest node_modules first. */
function lockedFor(lock: Lockfile, path: string, name: string): LockedPackage | undefined {
  for (let base = path; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    const found = lock.packages[base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`];
    if (found !== undefined || base === '') return found;
    if (!base.includes('node_modules/')) base = '';
  }
}

function folderName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
