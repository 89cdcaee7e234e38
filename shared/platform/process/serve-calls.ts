import { parentPort } from 'node:worker_threads';
import { ArbError, errorText } from '../../core/errors.ts';
import { OPEN_REPLY, type ThreadCall, type ThreadReply, UNANSWERED } from './call-thread.ts';

/** Does what a call asks for. */
export type Serve = (method: string, args: readonly unknown[]) => Promise<unknown>;

/**
 * The other end of `call-thread.ts`, to be called by the thread's own module: `open` once, then one call after another, in
 * the order sent. Anything thrown that is no ArbError is told with `failedCode`.
 */
export function serveCalls(failedCode: string, open: () => Serve): void {
  const port = parentPort;
  if (port === null) throw new ArbError('thread-misuse', 'a module that serves calls runs only as a worker');
  const reply = (message: ThreadReply): void => port.postMessage(message);
  const fail = (id: number, thrown: unknown): void => {
    const { code, context } = thrown instanceof ArbError ? thrown : { code: failedCode, context: {} };
    reply({ id, ok: false, code, message: errorText(thrown), context });
  };
  try {
    const serve = open();
    port.on('message', ({ id, method, args }: ThreadCall) => {
      const done = serve(method, args);
      if (id === UNANSWERED) return;
      done.then(
        (value) => {
          reply({ id, ok: true, value });
          // An open port keeps the thread alive.
          if (method === 'close') port.close();
        },
        (error: unknown) => fail(id, error),
      );
    });
    reply({ id: OPEN_REPLY, ok: true, value: undefined });
  } catch (error) {
    fail(OPEN_REPLY, error);
    port.close();
  }
}
