import type { AccountBytes } from '../../core/account.ts';
import { ArbError } from '../../core/errors.ts';
import { deployedSlot } from './program-heads.ts';

/** Instead of a slot: the account that held the binary is gone, and the program cannot be called any more. */
export const CLOSED = Number.MAX_SAFE_INTEGER;

/** One answer about a program. */
export interface ProgramReading {
  /** The slot that it was deployed in, or CLOSED; undefined for one that cannot be redeployed, or was never there. */
  readonly deployed: number | undefined;
  /** Of the chain, when it was read. */
  readonly atSlot: number;
}

/**
 * When a program was deployed, by the head of the account that holds its binary. Throws `program-unreadable` for bytes
 * that are no such head.
 */
export function deployedIn(account: AccountBytes | null, host: string): number {
  if (account === null) return CLOSED;
  const deployed = deployedSlot(account.data);
  if (deployed !== undefined) return deployed;
  const bytes = account.data.length;
  throw new ArbError('program-unreadable', `${host} tells no head of a program's binary: ${bytes} bytes`, {
    host,
    bytes,
  });
}

/** From which slot on a reading is known to hold. */
export function sinceSlot({ deployed, atSlot }: ProgramReading): number {
  return deployed === CLOSED ? atSlot : (deployed ?? 0);
}

/** What has become of the program, for a person who reads it. */
export function changeText(deployed: number | undefined): string {
  return deployed === CLOSED ? 'program closed' : `program redeployed in slot ${deployed}`;
}
