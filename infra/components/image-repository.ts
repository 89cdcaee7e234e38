import * as gcp from '@pulumi/gcp';
import * as pulumi from '@pulumi/pulumi';

const DAY_SECONDS = 86_400;

/** Where the one container image of every deployable is kept; tags cannot be moved, old builds are dropped. */
export class ImageRepository extends pulumi.ComponentResource {
  readonly repository: gcp.artifactregistry.Repository;
  /** `HOST/PROJECT/REPOSITORY`, to which an image name is appended. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, region: string, options?: pulumi.ComponentResourceOptions) {
    super('arb:infra:ImageRepository', name, {}, options);
    this.repository = new gcp.artifactregistry.Repository(
      name,
      {
        repositoryId: name,
        location: region,
        format: 'DOCKER',
        description: 'Container images of solana-dex-arbitrage',
        dockerConfig: { immutableTags: true },
        cleanupPolicies: [
          { id: 'keep-recent', action: 'KEEP', mostRecentVersions: { keepCount: 20 } },
          { id: 'drop-old', action: 'DELETE', condition: { olderThan: `${90 * DAY_SECONDS}s` } },
        ],
      },
      { parent: this },
    );
    this.url = this.repository.registryUri;
    this.registerOutputs({ url: this.url });
  }
}
