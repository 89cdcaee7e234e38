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

/** The identity of cloudbuild.yaml: it pushes images to one repository and updates one service. */
export class Delivery extends pulumi.ComponentResource {
  readonly builder: gcp.serviceaccount.Account;

  constructor(name: string, args: DeliveryArgs, options?: pulumi.ComponentResourceOptions) {
    super('arb:infra:Delivery', name, {}, options);
    const inside = { parent: this };
    this.builder = new gcp.serviceaccount.Account(
      'builder',
      { accountId: 'arb-builder', displayName: 'Builds, tests and rolls out the container image' },
      inside,
    );
    const member = pulumi.interpolate`serviceAccount:${this.builder.email}`;
    new gcp.projects.IAMMember(
      'builder-writes-logs',
      { project: args.project, role: 'roles/logging.logWriter', member },
      inside,
    );
    new gcp.artifactregistry.RepositoryIamMember(
      'builder-pushes-images',
      {
        repository: args.images.repository.repositoryId,
        location: args.region,
        role: 'roles/artifactregistry.writer',
        member,
      },
      inside,
    );
    if (args.target !== null) {
      const { service, account } = args.target;
      new gcp.cloudrunv2.ServiceIamMember(
        'builder-updates-service',
        { name: service.service.name, location: args.region, role: 'roles/run.developer', member },
        inside,
      );
      new gcp.serviceaccount.IAMMember(
        'builder-acts-as-service',
        { serviceAccountId: account.name, role: 'roles/iam.serviceAccountUser', member },
        inside,
      );
    }
    this.registerOutputs();
  }
}
