import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const BUILDS = readdirSync(ROOT).filter((name) => /^cloudbuild.*\.yaml$/.test(name));
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
/** Every image that a text runs or stands on. */
const imagesOf = (text: string): string[] =>
  [...text.matchAll(/^(?:\s+name: |FROM )(\S+)/gm)].map(([, image]) => image!);
const accountOf = (text: string): string | undefined => /^serviceAccount: .*\/([a-z-]+)@/m.exec(text)?.[1];

describe('the builds in Google Cloud', () => {
  it.each([...BUILDS, 'Dockerfile'])('%s pins every image by digest', (name) => {
    const images = imagesOf(read(name));
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) expect(image).toMatch(/^[a-z0-9./:_-]+@sha256:[0-9a-f]{64}$/);
  });

  it('test on the base that the container stands on', () => {
    const [base, ...more] = imagesOf(read('Dockerfile'));
    expect(new Set(more)).toEqual(new Set([base]));
    expect(imagesOf(read('cloudbuild.check.yaml'))).toEqual([base]);
  });

  it('run as an account of their own each', () => {
    expect(BUILDS.map((name) => [name, accountOf(read(name))])).toEqual([
      ['cloudbuild.check.yaml', 'arb-checker'],
      ['cloudbuild.deploy.yaml', 'arb-deployer'],
      ['cloudbuild.yaml', 'arb-builder'],
    ]);
  });

  it('run code of the repository or its dependencies only where nothing can be deployed', () => {
    const runsOurs = BUILDS.filter((name) =>
      /npm |docker|\bnode /.test(
        read(name)
          .replace(/^\s*#.*$/gm, '')
          .replace(/docker\.pkg\.dev|artifacts docker/g, ''),
      ),
    );
    expect(runsOurs).toEqual(['cloudbuild.check.yaml', 'cloudbuild.yaml']);
    for (const name of runsOurs) expect(read(name)).not.toMatch(/gcloud/);
    const deploy = read('cloudbuild.deploy.yaml');
    expect(deploy).toMatch(
      /status=SUCCESS AND substitutions\.COMMIT_SHA="\$\{_COMMIT\}" AND serviceAccount="\$\{_CHECKER\}"/,
    );
    expect(deploy).toMatch(/--image "\$\{_REPOSITORY_URL\}@\$\$digest"/);
    expect(deploy).toMatch(/_COMMIT: ""/);
  });
});
