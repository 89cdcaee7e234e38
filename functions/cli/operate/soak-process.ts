import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the operating system says of a process. */
export interface ProcessLook {
  readonly residentBytes: number;
  readonly openFiles: number;
}

const KIB = 1024;

/** Undefined when the process is gone, or where there is no /proc to ask (it is Linux's). */
export function lookAtProcess(pid: number): ProcessLook | undefined {
  try {
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (resident === undefined) return undefined;
    return { residentBytes: Number(resident) * KIB, openFiles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** The processes that `pid` has started and that still run; none where there is no /proc to ask. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Bytes of all files directly in `dir`; 0 while it is not there. */
export function folderBytes(dir: string): number {
  try {
    return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  } catch {
    return 0;
  }
}
