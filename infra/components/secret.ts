import * as gcp from '@pulumi/gcp';
import * as pulumi from '@pulumi/pulumi';

/** A secret without a value: versions are added by hand, so that no value reaches Pulumi or its state. */
export class Secret extends pulumi.ComponentResource {
  readonly secret: gcp.secretmanager.Secret;
  private readonly name: string;

  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super('arb:infra:Secret', name, {}, options);
    this.name = name;
    this.secret = new gcp.secretmanager.Secret(
      name,
      { secretId: name, replication: { auto: {} }, deletionProtection: true },
      { parent: this },
    );
    this.registerOutputs();
  }

  /** Lets one service account read this secret and no other. */
  allowReading(reader: string, account: gcp.serviceaccount.Account): gcp.secretmanager.SecretIamMember {
    return new gcp.secretmanager.SecretIamMember(
      `${reader}-reads-${this.name}`,
      {
        secretId: this.secret.id,
        role: 'roles/secretmanager.secretAccessor',
        member: pulumi.interpolate`serviceAccount:${account.email}`,
      },
      { parent: this },
    );
  }
}
