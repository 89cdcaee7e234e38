import { refusal, success } from '../../core/outcome.ts';
import { bucketPlace } from '../recording/bucket-url.ts';
import { asIs, type KeySummary, labels, optionalKey } from './leaf.ts';

/** A Cloud Storage bucket, with a prefix or without: `gs://bucket/prefix`. */
export function bucketKey(options: KeySummary) {
  return optionalKey<string>(
    (value) =>
      typeof value === 'string' && bucketPlace(value) !== undefined ? success(value) : refusal('bad-value'),
    {
      ...labels(options),
      allowed: 'gs://BUCKET or gs://BUCKET/PREFIX',
      fromText: asIs,
      placeholder: 'gs://…',
    },
  );
}
