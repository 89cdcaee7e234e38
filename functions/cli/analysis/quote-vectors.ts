import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ArbError, errorText } from '../../../shared/core/errors.ts';
import { readVectorFile } from '../../../shared/platform/files/snapshot-file.ts';
import { replayVectors, type VectorMismatch, type VectorReplay } from '../../../shared/venues/vectors.ts';

/** A file of a directory whose venue is not built. */
export interface UnbuiltReplay {
  readonly venue: string;
  readonly error: string;
}

/**
 * Replays a vector file, or every `.json` of a directory by name. Throws `usage-venue-not-built` for a single file
 * of an unbuilt venue and `snapshot-…` for a path or file that cannot be read; in a directory an unbuilt venue is an
 * entry with `error`, and `allEqual` is false.
 */
export function quoteVectors(
  path: string,
  cwd: string,
): {
  readonly replays: readonly (VectorReplay | UnbuiltReplay)[];
  readonly lines: readonly string[];
  readonly allEqual: boolean;
} {
  const full = resolve(cwd, path);
  const replays = isDirectory(full, path)
    ? filesOf(full, path).map((file) => replayOrError(file))
    : [replayFile(full)];
  return {
    replays,
    lines: replays.flatMap((replay) => describe(replay)),
    allEqual: replays.every((replay) => 'equal' in replay && replay.equal === replay.swaps),
  };
}

function isDirectory(full: string, path: string): boolean {
  try {
    return statSync(full).isDirectory();
  } catch (error) {
    throw new ArbError('snapshot-unreadable', `cannot read ${path}: ${errorText(error)}`, { path }, error);
  }
}

function filesOf(folder: string, path: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new ArbError('snapshot-unreadable', `${path} holds no .json file`, { path });
  return names.sort().map((name) => join(folder, name));
}

function replayFile(file: string): VectorReplay {
  try {
    return replayVectors(readVectorFile(file));
  } catch (error) {
    if (!isNotBuilt(error)) throw error;
    throw new ArbError('usage-venue-not-built', error.message, error.context, error);
  }
}

function replayOrError(file: string): VectorReplay | UnbuiltReplay {
  const vectors = readVectorFile(file);
  try {
    return replayVectors(vectors);
  } catch (error) {
    if (!isNotBuilt(error)) throw error;
    return { venue: vectors.venue, error: error.message };
  }
}

function isNotBuilt(thrown: unknown): thrown is ArbError {
  return thrown instanceof ArbError && thrown.code === 'venue-not-built';
}

function describe(replay: VectorReplay | UnbuiltReplay): readonly string[] {
  if ('error' in replay) return [`${replay.venue}: ${replay.error}`];
  const { venue, swaps, equal, mismatches } = replay;
  return [
    `${venue}: ${equal} of ${swaps} swaps equal`,
    ...mismatches.map((mismatch) => `  ${mismatchText(mismatch)}`),
  ];
}

function mismatchText(mismatch: VectorMismatch): string {
  const { expected, got, reason, expectedConsumed, gotConsumed } = mismatch;
  const swap = `${mismatch.case} ${mismatch.aToB ? 'A to B' : 'B to A'} ${mismatch.amountIn}`;
  if (expectedConsumed !== undefined)
    return `${swap}: takes ${expectedConsumed}, quoted as taking ${gotConsumed}`;
  return `${swap}: pays ${expected ?? 'nothing (fails)'}, quoted ${got ?? `nothing (${reason})`}`;
}
