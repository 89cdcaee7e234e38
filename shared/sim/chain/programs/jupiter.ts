import {
  type Address,
  associatedTokenAddress,
  findProgramAddress,
  JUPITER_PROGRAM,
  TOKEN_PROGRAM,
} from '../../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../../core/instruction.ts';
import { BPS } from '../../../core/units.ts';
import { venueByProgram } from '../../../venues/registry.ts';
import { decodeTokenAccount } from '../../../venues/token/token.ts';
import type { PoolState, Venue } from '../../../venues/venue.ts';
import { loadLocally } from '../local-rules.ts';
import type { InstructionError } from '../transaction.ts';
import { accountAt, type Program, type ProgramCall, signedAt, viewOf } from './program.ts';

/** `route` and `route_v2` of the aggregator's program: Anchor's discriminators, sha256("global:route"). */
const ROUTE = Uint8Array.of(0xe5, 0x17, 0xcb, 0x97, 0x7a, 0xe3, 0xad, 0x2a);
const ROUTE_V2 = Uint8Array.of(0xbb, 0x64, 0xfa, 0xcc, 0x31, 0xc4, 0xaf, 0x14);
const SLIPPAGE_EXCEEDED: InstructionError = { Custom: 6001 };
const NOT_ENOUGH_KEYS: InstructionError = { Custom: 6008 };
const FALLBACK_NOT_FOUND: InstructionError = { Custom: 101 };

/** Our own encoding of one step; the real program's has one variant a venue. Nobody but this program reads it. */
const STEP_BYTES = 3;

/** Where the two editions of the instruction have their parts. */
interface RouteForm {
  readonly discriminator: Uint8Array;
  /** Accounts before the swaps' own, and where among them the owner and the destination are. */
  readonly accounts: number;
  readonly owner: number;
  readonly destination: number;
  /** Of the number of steps, and the bytes after the steps. */
  readonly stepsAt: number;
  readonly tailBytes: number;
  /** Of u64 in, u64 quoted out, u16 slippage bps, from the end where negative. */
  readonly amountsAt: number;
}

/** Token program, owner, source, destination, its option, mint, fee, event authority, program; steps, then amounts. */
const FORM: RouteForm = {
  discriminator: ROUTE,
  accounts: 9,
  owner: 1,
  destination: 3,
  stepsAt: 8,
  tailBytes: 19,
  amountsAt: -19,
};
/** Owner, source, destination, their mints and programs, the option, event authority, program; amounts, then steps. */
const FORM_V2: RouteForm = {
  discriminator: ROUTE_V2,
  accounts: 10,
  owner: 0,
  destination: 2,
  stepsAt: 8 + 22,
  tailBytes: 0,
  amountsAt: 8,
};

/** One swap of a route, on a pool as it stands. */
export interface RouteStep {
  readonly venue: Venue;
  readonly state: PoolState;
  readonly aToB: boolean;
}

export interface RouteArgs {
  readonly owner: Address;
  readonly steps: readonly RouteStep[];
  readonly amountIn: bigint;
  readonly quotedOut: bigint;
  readonly slippageBps: number;
  /** Default 1. */
  readonly edition?: 1 | 2;
}

/** The aggregator's route instruction: its own accounts, then each swap's, beginning with the swap's program. */
export function routeInstruction(args: RouteArgs): Instruction {
  const { owner, steps, amountIn, quotedOut, slippageBps, edition = 1 } = args;
  const form = edition === 1 ? FORM : FORM_V2;
  const [first, last] = [steps[0]!, steps[steps.length - 1]!];
  const source = tokenOf(owner, first.state, first.aToB);
  const destination = tokenOf(owner, last.state, !last.aToB);
  const eventAuthority = findProgramAddress(
    [new TextEncoder().encode('__event_authority')],
    JUPITER_PROGRAM,
  ).address;
  const swaps = steps.map((step) => swapOf(step, owner, amountIn));
  const data = new Uint8Array(form.stepsAt + 4 + steps.length * STEP_BYTES + form.tailBytes);
  const view = viewOf(data);
  data.set(form.discriminator);
  view.setUint32(form.stepsAt, steps.length, true);
  let at = form.stepsAt + 4;
  steps.forEach(({ state, aToB }, i) => {
    const { accounts } = swaps[i]!;
    data.set(
      [accounts.length, accounts.findIndex(({ address }) => address === state.address), aToB ? 1 : 0],
      at,
    );
    at += STEP_BYTES;
  });
  const amounts = amountsAt(form, data);
  view.setBigUint64(amounts, amountIn, true);
  view.setBigUint64(amounts + 8, quotedOut, true);
  view.setUint16(amounts + 16, slippageBps, true);
  const readOnly = (address: Address): InstructionAccount => ({
    address,
    isSigner: false,
    isWritable: false,
  });
  const writable = (address: Address): InstructionAccount => ({ address, isSigner: false, isWritable: true });
  const signer = { address: owner, isSigner: true, isWritable: false };
  const mintOf = ({ state, aToB }: RouteStep, isIn: boolean) => (aToB === isIn ? state.mintA : state.mintB);
  const programOf = ({ state, aToB }: RouteStep, isIn: boolean) =>
    aToB === isIn ? state.tokenProgramA : state.tokenProgramB;
  // Anchor writes the program itself for an option that is not there.
  const none = readOnly(JUPITER_PROGRAM);
  const end = [readOnly(eventAuthority), readOnly(JUPITER_PROGRAM)];
  const own =
    edition === 1
      ? [
          readOnly(TOKEN_PROGRAM),
          signer,
          writable(source),
          writable(destination),
          none,
          readOnly(mintOf(last, false)),
          none,
          ...end,
        ]
      : [
          signer,
          writable(source),
          writable(destination),
          readOnly(mintOf(first, true)),
          readOnly(mintOf(last, false)),
          readOnly(programOf(first, true)),
          readOnly(programOf(last, false)),
          none,
          ...end,
        ];
  return {
    programId: JUPITER_PROGRAM,
    accounts: [...own, ...swaps.flatMap(({ programId, accounts }) => [readOnly(programId), ...accounts])],
    data,
  };
}

function amountsAt({ amountsAt: at }: RouteForm, data: Uint8Array): number {
  return at < 0 ? data.length + at : at;
}

/** Runs both editions: each swap spends what the one before paid, by the venue's own rules; short of the least, all fails. */
export const jupiterProgram: Program = {
  programId: JUPITER_PROGRAM,
  native: false,
  units: () => 30_000,
  run(call) {
    const { data } = call.instruction;
    const form = [FORM, FORM_V2].find(({ discriminator }) =>
      discriminator.every((byte, i) => data[i] === byte),
    );
    if (form === undefined || data.length < form.stepsAt + 4 + form.tailBytes) return FALLBACK_NOT_FOUND;
    call.log('Instruction: Route');
    return runRoute(call, form);
  },
};

function runRoute(call: ProgramCall, form: RouteForm): InstructionError | undefined {
  const { instruction } = call;
  const view = viewOf(instruction.data);
  const owner = accountAt(instruction, form.owner);
  const destination = accountAt(instruction, form.destination);
  if (owner === undefined || destination === undefined || !signedAt(instruction, form.owner)) {
    return NOT_ENOUGH_KEYS;
  }
  const steps = view.getUint32(form.stepsAt, true);
  const end = instruction.data.length - form.tailBytes;
  if (form.stepsAt + 4 + steps * STEP_BYTES !== end) return FALLBACK_NOT_FOUND;
  const amounts = amountsAt(form, instruction.data);
  const before = heldIn(call, destination);
  let amount = view.getBigUint64(amounts, true);
  let from = form.accounts;
  for (let i = 0; i < steps; i++) {
    const at = form.stepsAt + 4 + i * STEP_BYTES;
    const count = view.getUint8(at);
    const programId = accountAt(instruction, from);
    const pool = accountAt(instruction, from + 1 + view.getUint8(at + 1));
    const venue = programId === undefined ? undefined : venueByProgram(programId);
    if (venue === undefined || pool === undefined) return NOT_ENOUGH_KEYS;
    const named = instruction.accounts.slice(from + 1, from + 1 + count);
    const paid = runStep(call, { venue, pool, aToB: view.getUint8(at + 2) === 1, owner, amount, named });
    if (typeof paid !== 'bigint') return paid;
    amount = paid;
    from += 1 + count;
  }
  const quoted = view.getBigUint64(amounts + 8, true);
  const least = (quoted * (BPS - BigInt(view.getUint16(amounts + 16, true)))) / BPS;
  return heldIn(call, destination) - before < least ? SLIPPAGE_EXCEEDED : undefined;
}

interface Step {
  readonly venue: Venue;
  readonly pool: Address;
  readonly aToB: boolean;
  readonly owner: Address;
  readonly amount: bigint;
  readonly named: readonly InstructionAccount[];
}

/** What the swap has paid, or how it failed. */
function runStep(call: ProgramCall, step: Step): bigint | InstructionError {
  const { venue, pool, aToB, owner, amount, named } = step;
  const loaded = loadLocally(venue, pool, (address) => call.get(address));
  if (!loaded.ok) return NOT_ENOUGH_KEYS;
  const swap = swapOf({ venue, state: loaded.state, aToB }, owner, amount);
  const isNamed = (address: Address): boolean => named.some((account) => account.address === address);
  if (!swap.accounts.every(({ address }) => isNamed(address))) return NOT_ENOUGH_KEYS;
  const target = tokenOf(owner, loaded.state, !aToB);
  const before = heldIn(call, target);
  return call.invoke(swap) ?? heldIn(call, target) - before;
}

function swapOf({ venue, state, aToB }: RouteStep, owner: Address, amountIn: bigint): Instruction {
  const tokenA = tokenOf(owner, state, true);
  const tokenB = tokenOf(owner, state, false);
  return venue.swap(state, { owner, tokenA, tokenB, aToB, amountIn, minAmountOut: 0n });
}

function tokenOf(owner: Address, state: PoolState, isA: boolean): Address {
  return isA
    ? associatedTokenAddress(owner, state.mintA, state.tokenProgramA)
    : associatedTokenAddress(owner, state.mintB, state.tokenProgramB);
}

function heldIn(call: ProgramCall, address: Address): bigint {
  const account = call.get(address);
  const token = account === null ? undefined : decodeTokenAccount(account);
  return token?.ok ? token.value.amount : 0n;
}
