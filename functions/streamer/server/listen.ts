import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ArbError, errorText } from '../../../shared/core/errors.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** How many ports after `port` may be tried when it is taken. */
  readonly fallbackPorts: number;
}

const HIGHEST_PORT = 65_535;

/**
 * The port that `server` now listens on. Rejects with `port-in-use` when it and every fallback are taken, and with
 * `listen-failed` when the host or port cannot be had at all.
 */
export async function listenOn(server: Server, options: ListenOptions): Promise<number> {
  const { host, port } = options;
  const last = port === 0 ? 0 : Math.min(port + options.fallbackPorts, HIGHEST_PORT);
  for (let candidate = port; candidate <= last; candidate++) {
    const failure = await tryListen(server, host, candidate);
    if (failure === undefined) return (server.address() as AddressInfo).port;
    if (failure.code !== 'EADDRINUSE') {
      const message = `cannot listen on ${host} port ${candidate}: ${errorText(failure)}`;
      throw new ArbError('listen-failed', message, { host, port: candidate }, failure);
    }
  }
  const message =
    last === port
      ? `port ${port} on ${host} is in use by another program: stop it or choose another port`
      : `ports ${port} to ${last} on ${host} are all in use: choose another port`;
  throw new ArbError('port-in-use', message, { host, port });
}

function tryListen(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      resolve(error);
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(undefined);
    };
    server.once('error', onError).once('listening', onListening).listen({ host, port, exclusive: true });
  });
}
