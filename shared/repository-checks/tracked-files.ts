import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Folders that are never committed; only meant where there is no git to ask. */
const UNTRACKED = /(^|\/)(\.git|\.bench-sdks|\.mutation|\.program-vm|node_modules|data|coverage|dist)(\/|$)/;

/**
 * Paths of the files that git tracks or would track under `root`, with forward slashes. Outside a git checkout (a
 * source archive) every file counts but those in folders that are never committed.
 */
export function trackedFiles(root: string): string[] {
  try {
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
    const output = execFileSync('git', list, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.split('\0').filter((path) => path !== '');
  } catch {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter((path) => !UNTRACKED.test(path));
  }
}

/** Folders of one machine and package registries: neither belongs into the repository. */
const LOCAL = [
  /\/(work|root|farm)\//,
  /\/tmp\/[a-z_]+jobs/,
  /\/(home|Users)\/[a-z]/,
  /\b(registry|artifactory|nexus|verdaccio)\.[a-z-]+\.(com|dev|io|net|org)\b/,
];

/** Lines of `text` that name a folder of one machine or a package registry, as `line: text`. */
export function localTraces(text: string): string[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => LOCAL.some((pattern) => pattern.test(line)))
    .map(({ line, number }) => `${number}: ${line.trim().slice(0, 120)}`);
}
