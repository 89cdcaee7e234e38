import { ArbError } from '../../../shared/core/errors.ts';

/**
 * A part of the program that not every installation carries: an image that trades on a real chain is made without the
 * chain of our own and what measures and proves. Throws `usage-not-carried`.
 */
export async function carried<T>(what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    // A package that is missing says `Cannot find package`: that installation is broken.
    const isAbsent = error instanceof Error && error.message.startsWith('Cannot find module');
    if (!isAbsent) throw error;
    throw new ArbError(
      'usage-not-carried',
      `this installation does not carry ${what}: it follows a real chain (market live); a checkout of the repository has all`,
      { what },
      error,
    );
  }
}

const OWN_MARKET = 'a market of its own';

/** Markets that are made here, or read from a snapshot, and move by seeded traders. */
export const localMarketModule = () =>
  carried(OWN_MARKET, () => import('../../../shared/run/local-market.ts'));

/** A run on such a market without sockets. */
export const simulatedRunModule = () =>
  carried(OWN_MARKET, () => import('../../../shared/run/simulated-run.ts'));

/** A node that serves such a market, in a process of its own. */
export const localNodeModule = () => carried(OWN_MARKET, () => import('../../streamer/local/local-node.ts'));

/** The outside APIs beside it. */
export const localApisModule = () => carried(OWN_MARKET, () => import('../../streamer/local/local-apis.ts'));
