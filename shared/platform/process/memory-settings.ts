/**
 * How a process that runs for days must be started for its memory to stay where it is. The account bytes that come and
 * go live outside the JavaScript heap: with glibc's defaults they leave holes in one arena a thread that are never given
 * back (90 MB and growing after ten minutes, against 28 MB that stay). V8's young generation takes up to 96 MB of its
 * own: 16 are enough. (Not as a least size too: where it never shrinks, V8 keeps 7 MB more of pages that it has emptied.)
 * How much garbage V8 lets gather before it collects hangs on how fast it was at collecting: on a busy machine up to four
 * times what is alive, with the account bytes that the garbage holds (230 MB resident and growing, against 198). So the
 * share is fixed, near what V8 takes on a quiet machine. None of it can be changed once a process runs.
 */
export const NODE_MEMORY_FLAGS: readonly string[] = ['--max-semi-space-size=8', '--heap-growing-percent=20'];

/**
 * For the local node beside it, whose state is small and whose garbage is much: a limit far from what it needs, so that
 * memory that is kept for ever ends the process early.
 */
export const LOCAL_NODE_MEMORY_FLAGS: readonly string[] = ['--max-old-space-size=512'];

/** For glibc's malloc; other allocators do not read them. `functions/entrypoint.sh` sets the same. */
export const MALLOC_SETTINGS: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** `env` with the settings that it does not name itself. */
export function withMallocSettings(env: Environment): Record<string, string> {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...MALLOC_SETTINGS, ...Object.fromEntries(set) };
}

export interface StartedProcess {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly platform: string;
  /** Whether a parent talks to it over a channel, which another program in its place would not have. */
  readonly hasChannel: boolean;
  readonly execve: ((file: string, args: string[], env: Record<string, string>) => void) | undefined;
}

/**
 * Puts the same program, with the same arguments, process id and streams, in the place of a process that was started
 * without the settings. Does nothing where all are set, to whatever value, or where a process cannot be replaced (only
 * Linux's glibc reads them): it then runs as well, with more memory.
 */
export function restartWithMemorySettings(started: StartedProcess): void {
  const { execPath, execArgv, argv, env, platform, hasChannel, execve } = started;
  if (platform !== 'linux' || hasChannel || execve === undefined) return;
  const given = new Set(execArgv.map(flagName));
  const hasFlags = NODE_MEMORY_FLAGS.every((flag) => given.has(flagName(flag)));
  if (hasFlags && Object.keys(MALLOC_SETTINGS).every((name) => env[name] !== undefined)) return;
  execve(execPath, [execPath, ...NODE_MEMORY_FLAGS, ...execArgv, ...argv.slice(1)], withMallocSettings(env));
}

function flagName(flag: string): string {
  return flag.split('=', 1)[0]!;
}
