import * as pulumi from '@pulumi/pulumi';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SECRETS } from '../shared/core/names.ts';
import { loadConfig } from '../shared/platform/config/load.ts';

const POOL = 'Czfq3xZZDmsdGdUyrNLtRhGc47cXcZtLG4crryfu44zE';
const STACK: Readonly<Record<string, string>> = {
  'gcp:project': 'arb-test-1',
  'solana-dex-arbitrage:region': 'us-east4',
  'solana-dex-arbitrage:image': `us-east4-docker.pkg.dev/arb-test-1/arb/app@sha256:${'0'.repeat(64)}`,
  'solana-dex-arbitrage:pools': `orca-whirlpool:${POOL}`,
  'solana-dex-arbitrage:viewers': 'user:trader@example.com',
};

type Inputs = Record<string, unknown>;

interface Planned {
  readonly resources: readonly pulumi.runtime.MockResourceArgs[];
  readonly outputs: Inputs;
  /** The inputs of the one resource of `type` called `name`. */
  inputs(type: string, name: string): Inputs;
  ofType(type: string): Inputs[];
}

/** Evaluates the program over a stack's configuration, with every provider call answered in this process. */
async function plan(config: Readonly<Record<string, string>>): Promise<Planned> {
  const resources: pulumi.runtime.MockResourceArgs[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource(args) {
        resources.push(args);
        const state: Inputs = { ...args.inputs, uri: `https://${args.name}.example` };
        if (args.type === 'gcp:serviceaccount/account:Account') {
          state.email = `${args.inputs.accountId}@arb-test-1.iam.gserviceaccount.com`;
        }
        return { id: `${args.name}-id`, state };
      },
      call(args) {
        throw new Error(`unexpected provider call ${args.token}`);
      },
    },
    'solana-dex-arbitrage',
    'test',
  );
  pulumi.runtime.setAllConfig({ ...config });
  vi.resetModules();
  try {
    const outputs = (await import('./index.ts')) as Inputs;
    await pulumi.runtime.disconnect();
    const ofType = (type: string) => resources.filter((one) => one.type === type).map((one) => one.inputs);
    return {
      resources,
      outputs,
      ofType,
      inputs(type, name) {
        const found = resources.filter((one) => one.type === type && one.name === name);
        if (found.length !== 1) throw new Error(`${found.length} resources ${type} ${name}`);
        return found[0]!.inputs as Inputs;
      },
    };
  } finally {
    await pulumi.runtime.disconnect();
  }
}

function without(...keys: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(STACK).filter(([key]) => !keys.includes(key)));
}

const SERVICE = 'gcp:cloudrunv2/service:Service';

interface ServiceInputs {
  readonly ingress: string;
  readonly deletionProtection: boolean;
  readonly template: {
    readonly serviceAccount: string;
    readonly scaling: Inputs;
    readonly containers: readonly {
      readonly image: string;
      readonly ports: Inputs;
      readonly resources: Inputs;
      readonly startupProbe: Inputs;
      readonly livenessProbe: Inputs;
      readonly envs: readonly {
        readonly name: string;
        readonly value?: string;
        readonly valueSource?: unknown;
      }[];
    }[];
  };
}

async function streamer(): Promise<ServiceInputs> {
  return (await plan(STACK)).inputs(SERVICE, 'streamer') as unknown as ServiceInputs;
}

afterEach(() => {
  vi.resetModules();
});

describe('the streamer', () => {
  it('is always exactly one instance with its CPU allocated', async () => {
    const { template } = await streamer();
    expect(template.scaling).toEqual({ minInstanceCount: 1, maxInstanceCount: 1 });
    expect(template.containers).toHaveLength(1);
    expect(template.containers[0]?.resources).toMatchObject({ cpuIdle: false });
  });

  it('is reached from inside only, on the port that its probes ask', async () => {
    const { ingress, template } = await streamer();
    expect(ingress).toBe('INGRESS_TRAFFIC_INTERNAL_ONLY');
    const [container] = template.containers;
    expect(container?.ports).toEqual({ containerPort: 8080 });
    for (const probe of [container?.startupProbe, container?.livenessProbe]) {
      expect(probe).toMatchObject({ httpGet: { path: '/livez', port: 8080 } });
    }
  });

  it('runs the configured image, by digest, as its own account', async () => {
    const { template, deletionProtection } = await streamer();
    expect(template.containers[0]?.image).toBe(STACK['solana-dex-arbitrage:image']);
    expect(template.serviceAccount).toBe('arb-streamer@arb-test-1.iam.gserviceaccount.com');
    expect(deletionProtection).toBe(true);
  });

  it('gets the RPC URL by reference to a fixed version of the secret', async () => {
    const { template } = await streamer();
    const entry = template.containers[0]?.envs.find(({ name }) => name === 'ARB_RPC_URL');
    expect(entry).toEqual({
      name: 'ARB_RPC_URL',
      valueSource: { secretKeyRef: { secret: SECRETS.rpcUrl, version: '1' } },
    });
  });

  it('gets variables that its own configuration accepts', async () => {
    const { template } = await streamer();
    const envs = template.containers[0]?.envs ?? [];
    const env = Object.fromEntries(
      envs.map(({ name, value }) => [name, value ?? 'https://rpc.example/?key=k']),
    );
    expect(env.FUNCTION_TARGET).toBe('streamer');
    const { config } = loadConfig({ env, flags: {}, cwd: import.meta.dirname });
    expect(config).toMatchObject({
      mode: 'paper',
      market: 'live',
      rpc: { url: 'https://rpc.example/?key=k' },
    });
    expect(config.universe.pools).toEqual([{ venue: 'orca-whirlpool', address: POOL }]);
  });
});

describe('the control token', () => {
  const CONTROLLED = { ...STACK, 'solana-dex-arbitrage:controlSecretVersion': '3' };

  it('is mounted by reference where it is set, and new instances then begin paused', async () => {
    const { resources } = await plan(CONTROLLED);
    const service = resources.find(({ type }) => type === 'gcp:cloudrunv2/service:Service');
    const { envs } = (service!.inputs.template as { containers: [{ envs: { name: string }[] }] })
      .containers[0];
    expect(envs.find(({ name }) => name === 'ARB_SERVER_CONTROL_TOKEN')).toEqual({
      name: 'ARB_SERVER_CONTROL_TOKEN',
      valueSource: { secretKeyRef: { secret: SECRETS.controlToken, version: '3' } },
    });
    expect(envs).toContainEqual({ name: 'ARB_STORE_WHEN_NEW', value: 'pause' });
  });

  it('is nowhere without it', async () => {
    const { resources } = await plan(STACK);
    expect(JSON.stringify(resources)).not.toContain(SECRETS.controlToken);
  });
});

describe('access', () => {
  it('is given to nobody in general and never by a basic role', async () => {
    const { resources } = await plan(STACK);
    const grants = resources.filter(({ type }) => /iam/i.test(type));
    expect(grants.length).toBeGreaterThan(0);
    for (const { inputs, name } of grants) {
      expect(inputs.member, name).toMatch(/^(user|serviceAccount):/);
      expect(inputs.role, name).not.toMatch(/^roles\/(owner|editor|viewer)$|[aA]dmin$/);
    }
    expect(JSON.stringify(resources)).not.toMatch(/allUsers|allAuthenticatedUsers/);
  });

  it('is, in full, these grants', async () => {
    const { resources } = await plan(STACK);
    const grants = resources
      .filter(({ type }) => /iam/i.test(type))
      .map(({ inputs }) => `${String(inputs.member).replace(/@.*/, '')} ${inputs.role}`);
    expect(grants.sort()).toEqual([
      'serviceAccount:arb-builder roles/artifactregistry.writer',
      'serviceAccount:arb-builder roles/logging.logWriter',
      'serviceAccount:arb-checker roles/logging.logWriter',
      'serviceAccount:arb-deployer roles/artifactregistry.reader',
      'serviceAccount:arb-deployer roles/cloudbuild.builds.viewer',
      'serviceAccount:arb-deployer roles/iam.serviceAccountUser',
      'serviceAccount:arb-deployer roles/logging.logWriter',
      'serviceAccount:arb-deployer roles/run.developer',
      'serviceAccount:arb-streamer roles/secretmanager.secretAccessor',
      'user:trader roles/run.invoker',
    ]);
  });

  it('puts no secret value anywhere', async () => {
    const { ofType, inputs } = await plan(STACK);
    expect(ofType('gcp:secretmanager/secretVersion:SecretVersion')).toEqual([]);
    expect(inputs('gcp:secretmanager/secret:Secret', SECRETS.rpcUrl)).toMatchObject({
      secretId: SECRETS.rpcUrl,
      deletionProtection: true,
    });
  });
});

describe('before the first image', () => {
  it('builds everything but the service', async () => {
    const { ofType, outputs } = await plan(without('solana-dex-arbitrage:image'));
    expect(ofType(SERVICE)).toEqual([]);
    expect(ofType('gcp:artifactregistry/repository:Repository')).toHaveLength(1);
    expect(outputs.streamerUri).toMatch(/push an image/);
  });
});

describe('the stack configuration', () => {
  it('names every problem at once, with the command that mends it', async () => {
    const config = {
      ...without('gcp:project', 'solana-dex-arbitrage:region'),
      'solana-dex-arbitrage:image': 'arb:latest',
      'solana-dex-arbitrage:imgae': 'x',
    };
    const failure = await plan(config).then(
      () => 'planned',
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(/gcp:project is not set; .*pulumi config set gcp:project VALUE/);
    expect(failure).toMatch(/region is not set/);
    expect(failure).toMatch(/image cannot be "arb:latest"; it is an image by digest/);
    expect(failure).toMatch(/imgae is no key; known: region, image/);
  });

  it.each([
    ['viewers', 'allUsers'],
    ['viewers', 'allAuthenticatedUsers,user:a@example.com'],
    ['viewers', 'user:'],
    ['pools', ''],
    ['pools', POOL],
    ['rpcSecretVersion', 'latest'],
    ['cpu', '0.5'],
    ['memory', '512Mi'],
  ])('refuses %s = %j', async (key, value) => {
    const config = { ...STACK, [`solana-dex-arbitrage:${key}`]: value };
    await expect(plan(config)).rejects.toThrow(`${key} cannot be ${JSON.stringify(value)}`);
  });
});
