import * as gcp from '@pulumi/gcp';
import * as pulumi from '@pulumi/pulumi';

/** Switches on the Google Cloud APIs that the system calls; they stay on when the stack is destroyed. */
export class ProjectApis extends pulumi.ComponentResource {
  /** What everything else waits for. */
  readonly enabled: readonly gcp.projects.Service[];

  constructor(name: string, apis: readonly string[], options?: pulumi.ComponentResourceOptions) {
    super('arb:infra:ProjectApis', name, {}, options);
    this.enabled = apis.map(
      (api) => new gcp.projects.Service(api, { service: api, disableOnDestroy: false }, { parent: this }),
    );
    this.registerOutputs();
  }
}
