import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt } from '../../core/address.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import { readFileBytes } from '../files/text-file.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';

/** A program as it is executed. */
export interface ProgramBinary {
  readonly programId: Address;
  readonly elf: Uint8Array;
  /** Of the binary byte for byte, as `sha256sum` gives it; hex. */
  readonly sha256: string;
  /** Names the program whatever room its account was given; hex. See `programDataHash`. */
  readonly programDataHash: string;
  /** The file or the RPC host it came from. */
  readonly source: string;
}

/** Gives the binaries of those addresses that are programs and are there; the others are simply absent. */
export interface ProgramSource {
  /** Throws `file-program-…` or `rpc-…` when one is there and cannot be read. */
  find(addresses: readonly Address[]): Promise<readonly ProgramBinary[]>;
}

const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const UPGRADEABLE_LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111';
const FIXED_LOADER = 'BPFLoader2111111111111111111111111111111111';
/** The loader's account states. Source: solana `loader-v3-interface/src/state.rs`. */
const PROGRAM_STATE = 2;
const PROGRAM_DATA_STATE = 3;
const PROGRAM_BYTES = 36;
const PROGRAM_DATA_HEADER_BYTES = 45;

/**
 * sha256 in hex of a program without the zeros after its end: an account may be larger than the program in it. It is
 * what `solana-verify get-program-hash` prints.
 */
export function programDataHash(elf: Uint8Array): string {
  let end = elf.length;
  while (end > 0 && elf[end - 1] === 0) end--;
  return sha256(elf.subarray(0, end));
}

export function createProgramBinary(programId: Address, elf: Uint8Array, source: string): ProgramBinary {
  if (!ELF_MAGIC.every((byte, i) => elf[i] === byte)) {
    throw new ArbError('file-program-invalid', `${source} is no program (no ELF file)`, {
      programId,
      source,
    });
  }
  return { programId, elf, sha256: sha256(elf), programDataHash: programDataHash(elf), source };
}

/** Programs from the files `<program id>.so` of a folder. Throws `file-program-unreadable` when there is no such folder. */
export function createProgramFolder(folder: string): ProgramSource {
  try {
    readdirSync(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
  return {
    async find(addresses) {
      const files = addresses
        .map((programId) => ({ programId, path: join(folder, `${programId}.so`) }))
        .filter(({ path }) => existsSync(path));
      return files.map(({ programId, path }) => createProgramBinary(programId, readProgram(path), path));
    },
  };
}

/** Programs as the chain holds them now, from an RPC node. */
export function createProgramRpc(rpc: RpcClient): ProgramSource {
  return {
    async find(addresses) {
      const held = (
        await rpc.getMultipleAccounts(addresses, { commitment: 'confirmed', priority: 'discovery' })
      ).accounts;
      const binaries: ProgramBinary[] = [];
      const pointers: { programId: Address; dataAddress: Address }[] = [];
      addresses.forEach((programId, i) => {
        const account = held[i];
        if (account === null || account === undefined) return;
        const dataAddress = programDataAddress(account);
        if (dataAddress !== undefined) pointers.push({ programId, dataAddress });
        if (account.owner === FIXED_LOADER)
          binaries.push(createProgramBinary(programId, account.data, rpc.host));
      });
      // One by one: a program account can be megabytes, and nodes bound the size of an answer.
      for (const { programId, dataAddress } of pointers) {
        const { account } = await rpc.getAccount(dataAddress, {
          priority: 'discovery',
          commitment: 'confirmed',
          encoding: 'base64+zstd',
        });
        const elf = account === null ? undefined : programOf(account);
        if (elf === undefined) {
          const message = `${rpc.host} has no program data of ${programId} at ${dataAddress}: closed?`;
          throw new ArbError('rpc-program-closed', message, { programId, dataAddress });
        }
        binaries.push(createProgramBinary(programId, elf, rpc.host));
      }
      return binaries;
    },
  };
}

/** Where the upgradeable loader keeps the binary of this program account; undefined when it is none. */
export function programDataAddress({ owner, data }: AccountBytes): Address | undefined {
  if (owner !== UPGRADEABLE_LOADER || data.length < PROGRAM_BYTES) return undefined;
  return stateOf(data) === PROGRAM_STATE ? addressAt(data, 4) : undefined;
}

/** The binary in a program data account; undefined when it is none. */
export function programOf({ owner, data }: AccountBytes): Uint8Array | undefined {
  if (owner !== UPGRADEABLE_LOADER || data.length < PROGRAM_DATA_HEADER_BYTES) return undefined;
  return stateOf(data) === PROGRAM_DATA_STATE ? data.subarray(PROGRAM_DATA_HEADER_BYTES) : undefined;
}

function readProgram(path: string): Uint8Array {
  try {
    return readFileBytes(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ArbError {
  const message = `cannot read ${path}: ${errorText(error)}`;
  return new ArbError('file-program-unreadable', message, { path }, error);
}

function stateOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
