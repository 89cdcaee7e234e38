import * as gcp from '@pulumi/gcp';
import * as pulumi from '@pulumi/pulumi';
import type { AlwaysOnService } from './always-on-service.ts';
import type { ImageRepository } from './image-repository.ts';

export interface DeliveryArgs {
  readonly project: string;
  readonly region: string;
  readonly images: ImageRepository;
  /** The service that builds are rolled out to, with the identity it runs as; null before the first image. */
  readonly target: { readonly service: AlwaysOnService; readonly account: gcp.serviceaccount.Account } | null;
}

/**
 * The identities of the three builds, each with what its build needs and no more: who runs tests (the code of every
 * dependency) can neither push nor deploy, and who may deploy runs nothing of the repository.
 */
export class Delivery extends pulumi.ComponentResource {
  /** Of cloudbuild.check.yaml. */
  readonly checker: gcp.serviceaccount.Account;
  /** Of cloudbuild.yaml: pushes images to one repository. */
  readonly builder: gcp.serviceaccount.Account;
  /** Of cloudbuild.deploy.yaml: sees builds and images, updates one service and acts as its account. */
  readonly deployer: gcp.serviceaccount.Account;

  constructor(name: string, args: DeliveryArgs, options?: pulumi.ComponentResourceOptions) {
    super('arb:infra:Delivery', name, {}, options);
    const inside = { parent: this };
    const { project, region, images, target } = args;
    const account = (role: string, displayName: string): gcp.serviceaccount.Account => {
      const made = new gcp.serviceaccount.Account(role, { accountId: `arb-${role}`, displayName }, inside);
      new gcp.projects.IAMMember(
        `${role}-writes-logs`,
        { project, role: 'roles/logging.logWriter', member: memberOf(made) },
        inside,
      );
      return made;
    };
    const onImages = (grant: string, role: string, member: pulumi.Input<string>): void => {
      const repository = images.repository.repositoryId;
      new gcp.artifactregistry.RepositoryIamMember(
        grant,
        { repository, location: region, role, member },
        inside,
      );
    };
    this.checker = account('checker', 'Runs lint and tests');
    this.builder = account('builder', 'Builds and pushes the container image');
    this.deployer = account('deployer', 'Rolls out an image that was checked');
    const deployer = memberOf(this.deployer);
    onImages('builder-pushes-images', 'roles/artifactregistry.writer', memberOf(this.builder));
    onImages('deployer-reads-images', 'roles/artifactregistry.reader', deployer);
    new gcp.projects.IAMMember(
      'deployer-sees-builds',
      { project, role: 'roles/cloudbuild.builds.viewer', member: deployer },
      inside,
    );
    if (target !== null) {
      new gcp.cloudrunv2.ServiceIamMember(
        'deployer-updates-service',
        {
          name: target.service.service.name,
          location: region,
          role: 'roles/run.developer',
          member: deployer,
        },
        inside,
      );
      new gcp.serviceaccount.IAMMember(
        'deployer-acts-as-service',
        { serviceAccountId: target.account.name, role: 'roles/iam.serviceAccountUser', member: deployer },
        inside,
      );
    }
    this.registerOutputs();
  }
}

function memberOf(account: gcp.serviceaccount.Account): pulumi.Output<string> {
  return pulumi.interpolate`serviceAccount:${account.email}`;
}
