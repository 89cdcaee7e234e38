import { CONFIG_KEYS } from '../../../shared/platform/config/keys.ts';
import { MASK } from '../../../shared/platform/process/mask-url.ts';

const LOOPBACK = /^\w+:\/\/([^/@]*@)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/?]|$)/;

/** A warning for each URL of the command line that carries a key to another machine: users of this one can read it. */
export function keysInFlags(config: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(config).flatMap(([flag, text]) => {
    const key = CONFIG_KEYS.find((candidate) => candidate.flag === flag);
    const shown = key?.notes.mask?.(text);
    if (key === undefined || typeof shown !== 'string' || !shown.includes('://')) return [];
    if (!shown.includes(MASK) || LOOPBACK.test(text)) return [];
    return [
      `arb: --${flag} carries a key that every user of this machine can read in the list of processes; ${key.env} does not`,
    ];
  });
}
