import {
  type Address,
  associatedTokenAddress,
  findProgramAddress,
  JUPITER_PROGRAM,
  TOKEN_PROGRAM,
} from '../../core/address.ts';
import type { Instruction, InstructionAccount } from '../../core/instruction.ts';
import { BPS } from '../../core/units.ts';
import { venueByProgram } from '../../venues/registry.ts';
import { decodeTokenAccount } from '../../venues/token.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import type { InstructionError } from '../transaction.ts';
import { accountAt, type Program, type ProgramCall, signedAt, viewOf } from './program.ts';

/** `route` of the aggregator's program: Anchor's discriminator, sha256("global:route"). */
const ROUTE = Uint8Array.of(0xe5, 0x17, 0xcb, 0x97, 0x7a, 0xe3, 0xad, 0x2a);
const SLIPPAGE_EXCEEDED: InstructionError = { Custom: 6001 };
const NOT_ENOUGH_KEYS: InstructionError = { Custom: 6008 };
const FALLBACK_NOT_FOUND: InstructionError = { Custom: 101 };

/** Before the swaps' own: token program, owner, source, destination, its option, mint, fee, event authority, program. */
const OWN_ACCOUNTS = 9;
/** Our own encoding of one step; the real program's has one variant a venue. Nobody but this program reads it. */
const STEP_BYTES = 3;
/** u64 in, u64 quoted out, u16 slippage bps, u8 platform fee bps. */
const TAIL_BYTES = 19;

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
}

/** The aggregator's `route` instruction: its own accounts, then each swap's, beginning with the swap's program. */
export function routeInstruction({ owner, steps, amountIn, quotedOut, slippageBps }: RouteArgs): Instruction {
  const [first, last] = [steps[0]!, steps[steps.length - 1]!];
  const source = tokenOf(owner, first.state, first.aToB);
  const destination = tokenOf(owner, last.state, !last.aToB);
  const eventAuthority = findProgramAddress(
    [new TextEncoder().encode('__event_authority')],
    JUPITER_PROGRAM,
  ).address;
  const swaps = steps.map((step) => swapOf(step, owner, amountIn));
  const data = new Uint8Array(ROUTE.length + 4 + steps.length * STEP_BYTES + TAIL_BYTES);
  const view = viewOf(data);
  data.set(ROUTE);
  view.setUint32(ROUTE.length, steps.length, true);
  let at = ROUTE.length + 4;
  steps.forEach(({ state, aToB }, i) => {
    const { accounts } = swaps[i]!;
    data.set(
      [accounts.length, accounts.findIndex(({ address }) => address === state.address), aToB ? 1 : 0],
      at,
    );
    at += STEP_BYTES;
  });
  view.setBigUint64(at, amountIn, true);
  view.setBigUint64(at + 8, quotedOut, true);
  view.setUint16(at + 16, slippageBps, true);
  const readOnly = (address: Address): InstructionAccount => ({
    address,
    isSigner: false,
    isWritable: false,
  });
  const writable = (address: Address): InstructionAccount => ({ address, isSigner: false, isWritable: true });
  return {
    programId: JUPITER_PROGRAM,
    accounts: [
      readOnly(TOKEN_PROGRAM),
      { address: owner, isSigner: true, isWritable: false },
      writable(source),
      writable(destination),
      // Anchor writes the program itself for an option that is not there.
      readOnly(JUPITER_PROGRAM),
      readOnly(last.aToB ? last.state.mintB : last.state.mintA),
      readOnly(JUPITER_PROGRAM),
      readOnly(eventAuthority),
      readOnly(JUPITER_PROGRAM),
      ...swaps.flatMap(({ programId, accounts }) => [readOnly(programId), ...accounts]),
    ],
    data,
  };
}

/** Runs `route`: each swap spends what the one before paid, by the venue's own rules; short of the least, all fails. */
export const jupiterProgram: Program = {
  programId: JUPITER_PROGRAM,
  native: false,
  units: () => 30_000,
  run(call) {
    const { data } = call.instruction;
    if (data.length < ROUTE.length + 4 + TAIL_BYTES || !ROUTE.every((byte, i) => data[i] === byte)) {
      return FALLBACK_NOT_FOUND;
    }
    call.log('Instruction: Route');
    return runRoute(call);
  },
};

function runRoute(call: ProgramCall): InstructionError | undefined {
  const { instruction } = call;
  const view = viewOf(instruction.data);
  const owner = accountAt(instruction, 1);
  const destination = accountAt(instruction, 3);
  if (owner === undefined || destination === undefined || !signedAt(instruction, 1)) return NOT_ENOUGH_KEYS;
  const tail = instruction.data.length - TAIL_BYTES;
  const steps = view.getUint32(ROUTE.length, true);
  if (ROUTE.length + 4 + steps * STEP_BYTES !== tail) return FALLBACK_NOT_FOUND;
  const before = heldIn(call, destination);
  let amount = view.getBigUint64(tail, true);
  let from = OWN_ACCOUNTS;
  for (let i = 0; i < steps; i++) {
    const at = ROUTE.length + 4 + i * STEP_BYTES;
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
  const quoted = view.getBigUint64(tail + 8, true);
  const least = (quoted * (BPS - BigInt(view.getUint16(tail + 16, true)))) / BPS;
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
  const loaded = venue.load(pool, (address) => call.get(address));
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
