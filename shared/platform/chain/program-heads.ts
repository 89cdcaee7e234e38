import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';

/** The heads of a program's two accounts. Source: solana `loader-v3-interface/src/state.rs`. */
export const PROGRAM_BYTES = 36;
export const PROGRAM_DATA_HEADER_BYTES = 45;
const DEPLOYED_SLOT_AT = 4;

const READ = { priority: 'confirmation', deadlineMs: 5_000 } as const;

/** Somebody's account whose head is wanted. */
export interface WantedHead<Owner> {
  readonly one: Owner;
  readonly address: Address;
}

/**
 * The first `length` bytes of accounts, all in one call; when that fails, each by itself. Never rejects: `failed` is told
 * whose could not be read, or not be judged by `each`; `read` whose could. `only` names the one endpoint to ask.
 */
export async function readHeads<Owner>(
  rpc: RpcClient,
  wanted: readonly WantedHead<Owner>[],
  length: number,
  hear: {
    readonly each: (one: Owner, account: AccountBytes | null, atSlot: number) => Promise<void> | void;
    readonly read: (one: Owner) => void;
    readonly failed: (one: Owner, error: unknown) => void;
  },
  only?: string,
): Promise<void> {
  const ask = async (some: readonly WantedHead<Owner>[]): Promise<void> => {
    const addresses = some.map(({ address }) => address);
    const { slot, accounts } = await rpc.getMultipleAccounts(addresses, {
      ...READ,
      ...(only === undefined ? {} : { only }),
      dataSlice: { offset: 0, length },
    });
    for (const [i, { one }] of some.entries()) {
      try {
        await hear.each(one, accounts[i] ?? null, slot);
        hear.read(one);
      } catch (error) {
        hear.failed(one, error);
      }
    }
  };
  if (wanted.length === 0) return;
  try {
    await ask(wanted);
  } catch {
    await Promise.all(wanted.map((single) => ask([single]).catch((error) => hear.failed(single.one, error))));
  }
}

/** The slot that a program was last deployed in, by the head of the account that holds its binary. */
export function deployedSlot(header: Uint8Array): number | undefined {
  if (header.length < PROGRAM_DATA_HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return Number(view.getBigUint64(DEPLOYED_SLOT_AT, true));
}
