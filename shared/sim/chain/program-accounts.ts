import { type Address, addressBytes, findProgramAddress } from '../../core/address.ts';
import type { Bank } from './bank.ts';

const UPGRADEABLE_LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111' as Address;
const PROGRAM_STATE = 2;
const PROGRAM_DATA_STATE = 3;
const PROGRAM_BYTES = 36;
const HEADER_BYTES = 45;
const ELF_MAGIC = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
const LAMPORTS = 1_141_440n;

/** What stands for a binary on the local chain: a name in the place of code. */
export function localBinary(build: string): Uint8Array {
  return Uint8Array.of(...ELF_MAGIC, ...new TextEncoder().encode(build));
}

/**
 * Puts a program's two accounts on the local chain as the upgradeable loader keeps them, deployed in the open slot.
 * The binary is only a name: the local node runs a venue by the venue's own rules. Another `build` is an upgrade.
 */
export function deployProgram(bank: Bank, programId: Address, build: string): void {
  const dataAddress = findProgramAddress([addressBytes(programId)], UPGRADEABLE_LOADER).address;
  const program = new Uint8Array(PROGRAM_BYTES);
  new DataView(program.buffer).setUint32(0, PROGRAM_STATE, true);
  program.set(addressBytes(dataAddress), 4);
  const binary = localBinary(build);
  const data = new Uint8Array(HEADER_BYTES + binary.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, PROGRAM_DATA_STATE, true);
  view.setBigUint64(4, BigInt(bank.slot), true);
  data.set(binary, HEADER_BYTES);
  const owner = UPGRADEABLE_LOADER;
  bank.set({ address: programId, account: { owner, lamports: LAMPORTS, data: program } });
  bank.set({ address: dataAddress, account: { owner, lamports: LAMPORTS, data } });
}
