import type { StreamStatus } from '../../shared/platform/account-stream.ts';
import type { Degradation } from './degradation.ts';

/** Ready means able to trade; what else is off, and what the feed has lost, is in the message. */
export function readiness(
  status: string,
  draining: boolean,
  { allows, summary }: Degradation,
  { accounts, confirmed }: StreamStatus,
): { ok: boolean; message: string } {
  if (draining) return { ok: false, message: 'draining' };
  const lost = accounts > confirmed ? `${accounts - confirmed} accounts unconfirmed` : '';
  const off = [status, summary(), lost].filter((part) => part !== '').join('; ');
  return { ok: allows('trading'), message: off };
}
