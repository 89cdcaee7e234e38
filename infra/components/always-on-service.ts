import * as gcp from '@pulumi/gcp';
import * as pulumi from '@pulumi/pulumi';
import type { Secret } from './secret.ts';

const PORT = 8080;

/** One variable of the container: a plain value, or a fixed version of a secret by reference. */
export type Variable = string | { readonly secret: Secret; readonly version: string };

export interface AlwaysOnServiceArgs {
  readonly region: string;
  readonly image: string;
  /** The service's own identity; it holds only what it has been granted by name. */
  readonly account: gcp.serviceaccount.Account;
  readonly cpu: string;
  readonly memory: string;
  readonly healthPath: string;
  readonly variables: Readonly<Record<string, Variable>>;
  /** Who may call it; nobody else can, and nobody from outside the project's network. */
  readonly invokers: readonly string[];
}

/**
 * A Cloud Run service of exactly one instance whose CPU is never taken away. More than one would be two traders
 * on one wallet; fewer, or a throttled one, would miss the market.
 */
export class AlwaysOnService extends pulumi.ComponentResource {
  readonly service: gcp.cloudrunv2.Service;

  constructor(name: string, args: AlwaysOnServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super('arb:infra:AlwaysOnService', name, {}, options);
    this.service = new gcp.cloudrunv2.Service(
      name,
      {
        name,
        location: args.region,
        ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
        deletionProtection: true,
        template: {
          serviceAccount: args.account.email,
          executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
          scaling: { minInstanceCount: 1, maxInstanceCount: 1 },
          // The dashboard's event stream is one long request.
          timeout: '3600s',
          containers: [container(args)],
        },
      },
      // Cloud Build rolls out new images; a later `pulumi up` must not roll them back.
      { parent: this, ignoreChanges: ['template.containers[0].image', 'client', 'clientVersion'] },
    );
    for (const member of args.invokers) {
      new gcp.cloudrunv2.ServiceIamMember(
        `${name}-invoker-${member}`,
        { name: this.service.name, location: args.region, role: 'roles/run.invoker', member },
        { parent: this },
      );
    }
    this.registerOutputs({ uri: this.service.uri });
  }
}

function container(args: AlwaysOnServiceArgs): gcp.types.input.cloudrunv2.ServiceTemplateContainer {
  const httpGet = { path: args.healthPath, port: PORT };
  return {
    image: args.image,
    ports: { containerPort: PORT },
    resources: {
      limits: { cpu: args.cpu, memory: args.memory },
      cpuIdle: false,
      startupCpuBoost: true,
    },
    startupProbe: { httpGet, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 30 },
    livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    envs: Object.entries(args.variables).map(([name, variable]) => environmentEntry(name, variable)),
  };
}

function environmentEntry(
  name: string,
  variable: Variable,
): gcp.types.input.cloudrunv2.ServiceTemplateContainerEnv {
  if (typeof variable === 'string') return { name, value: variable };
  const { secret, version } = variable;
  return { name, valueSource: { secretKeyRef: { secret: secret.secret.secretId, version } } };
}
