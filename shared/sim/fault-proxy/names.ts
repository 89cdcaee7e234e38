import dns from 'node:dns';

/** Names of proxies on this machine. `.invalid` names exist nowhere else (RFC 6761), so no question leaves it. */
const SUFFIX = '.invalid';
const unknown = new Set<string>();
let original: typeof dns.lookup | undefined;

type Callback = (error: NodeJS.ErrnoException | null, address?: unknown, family?: number) => void;

/** From now on every `.invalid` name is 127.0.0.1 to the sockets of this process, unless it was made unknown. */
export function answerLocalNames(): void {
  if (original !== undefined) return;
  const before = dns.lookup;
  original = before;
  const lookup = (host: string, options: unknown, callback?: Callback): void => {
    const done = (callback ?? options) as Callback;
    if (!host.endsWith(SUFFIX)) {
      (before as unknown as (...args: unknown[]) => void)(host, options, callback);
      return;
    }
    const all =
      typeof options === 'object' && options !== null && (options as { all?: boolean }).all === true;
    process.nextTick(() => {
      if (unknown.has(host))
        done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }));
      else if (all) done(null, [{ address: '127.0.0.1', family: 4 }]);
      else done(null, '127.0.0.1', 4);
    });
  };
  dns.lookup = lookup as unknown as typeof dns.lookup;
}

/** Whether the name can be looked up. */
export function setNameKnown(host: string, known: boolean): void {
  if (known) unknown.delete(host);
  else unknown.add(host);
}

/** Gives the process its own look-ups back. */
export function forgetLocalNames(): void {
  if (original !== undefined) dns.lookup = original;
  original = undefined;
  unknown.clear();
}
