export interface BucketPlace {
  readonly bucket: string;
  /** Without slashes at its ends; '' for the bucket itself. */
  readonly prefix: string;
}

/** The place that `gs://bucket/prefix` names; undefined for any other text. */
export function bucketPlace(url: string): BucketPlace | undefined {
  const [, bucket, path = ''] = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: path.replace(/^\/+|\/+$/g, '') };
}
