import * as pulumi from '@pulumi/pulumi';

/** What a stack sets, checked. */
export interface Settings {
  readonly project: string;
  readonly region: string;
  /** The image of the first deployment, by digest; null until one has been pushed. */
  readonly image: string | null;
  /** `VENUE:ADDRESS`, comma-separated: the pools that the live market watches. */
  readonly pools: string;
  /** A fixed version, so that a new secret is taken up by a deployment and not by a restart. */
  readonly rpcSecretVersion: string;
  /** Of the secret that pausing and resuming needs; null: nobody can over the page. */
  readonly controlSecretVersion: string | null;
  readonly cpu: string;
  readonly memory: string;
  /** IAM members who may open the dashboard. */
  readonly viewers: readonly string[];
}

/** One key of the stack: what it may be and the value without one; `fallback` undefined when it must be set. */
interface Key {
  readonly name: string;
  readonly allowed: string;
  readonly pattern: RegExp;
  readonly fallback?: string;
}

const MEMBER = '(user|group|serviceAccount|domain):[^\\s,:]+';
const POOL = '[a-z0-9-]+:[1-9A-HJ-NP-Za-km-z]{32,44}';

const PROJECT: Key = {
  name: 'gcp:project',
  allowed: 'a Google Cloud project id',
  pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
};

const KEYS = {
  region: { name: 'region', allowed: 'a Cloud Run region such as us-east4', pattern: /^[a-z]+-[a-z]+\d+$/ },
  image: {
    name: 'image',
    allowed: 'an image by digest: HOST/PATH@sha256:…',
    pattern: /^[a-z0-9][a-z0-9./_-]*@sha256:[0-9a-f]{64}$|^$/,
    fallback: '',
  },
  pools: {
    name: 'pools',
    allowed: 'VENUE:ADDRESS, comma-separated, at least one',
    pattern: new RegExp(`^${POOL}(,${POOL})*$`),
  },
  rpcSecretVersion: {
    name: 'rpcSecretVersion',
    allowed: 'the number of a version of the RPC URL secret',
    pattern: /^[1-9]\d*$/,
    fallback: '1',
  },
  controlSecretVersion: {
    name: 'controlSecretVersion',
    allowed: 'the number of a version of the control token secret, or nothing',
    pattern: /^([1-9]\d*)?$/,
    fallback: '',
  },
  cpu: { name: 'cpu', allowed: '1 or 2', pattern: /^[12]$/, fallback: '2' },
  memory: {
    name: 'memory',
    allowed: '1Gi, 2Gi, 3Gi or 4Gi',
    pattern: /^[1-4]Gi$/,
    fallback: '1Gi',
  },
  viewers: {
    name: 'viewers',
    allowed: 'IAM members such as user:NAME@HOST, comma-separated, never allUsers',
    pattern: new RegExp(`^$|^${MEMBER}(,${MEMBER})*$`),
    fallback: '',
  },
} as const satisfies Record<string, Key>;

/**
 * The stack's settings. Throws one `RunError` (no stack trace) that lists every key which is missing, malformed or
 * unknown, each with the command that sets it.
 */
export function loadSettings(): Settings {
  const own = new pulumi.Config();
  const problems = unknownKeys(own.name);
  const read = (key: Key, value: string | undefined): string => {
    const chosen = value ?? key.fallback;
    if (chosen !== undefined && key.pattern.test(chosen)) return chosen;
    const problem = chosen === undefined ? 'is not set' : `cannot be ${JSON.stringify(chosen)}`;
    problems.push(`${key.name} ${problem}; it is ${key.allowed}: pulumi config set ${key.name} VALUE`);
    return '';
  };
  const image = read(KEYS.image, own.get('image'));
  const viewers = read(KEYS.viewers, own.get('viewers'));
  const control = read(KEYS.controlSecretVersion, own.get('controlSecretVersion'));
  const settings: Settings = {
    project: read(PROJECT, new pulumi.Config('gcp').get('project')),
    region: read(KEYS.region, own.get('region')),
    image: image === '' ? null : image,
    pools: read(KEYS.pools, own.get('pools')),
    rpcSecretVersion: read(KEYS.rpcSecretVersion, own.get('rpcSecretVersion')),
    controlSecretVersion: control === '' ? null : control,
    cpu: read(KEYS.cpu, own.get('cpu')),
    memory: read(KEYS.memory, own.get('memory')),
    viewers: viewers === '' ? [] : viewers.split(','),
  };
  if (problems.length > 0) throw new pulumi.RunError(`stack configuration:\n  ${problems.join('\n  ')}`);
  return settings;
}

function unknownKeys(namespace: string): string[] {
  const prefix = `${namespace}:`;
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(prefix) && !(key.slice(prefix.length) in KEYS))
    .map((key) => `${key.slice(prefix.length)} is no key; known: ${Object.keys(KEYS).join(', ')}`);
}
