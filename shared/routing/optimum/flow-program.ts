import { ArbError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';

/**
 * The largest gain of a flow with gains: arcs take a flow from one row, up to a bound, and bring `gain` times as much to
 * another. Row 0 is where gains count; at most `cap` leaves it. Every other row keeps at least what it gives away.
 */
export interface FlowProgram {
  readonly rows: number;
  readonly cap: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly gain: Float64Array;
  readonly bound: Float64Array;
}

export interface FlowSolution {
  /** By arc. */
  readonly flow: Float64Array;
  /** What a unit is worth in each row, in units of row 0, whose own price is 1. */
  readonly prices: Float64Array;
  /** What one more unit of `cap` would bring. */
  readonly capPrice: number;
  readonly pivots: number;
}

/** A reduced cost this close to 0 improves nothing that floats would show. */
const IMPROVES = 1e-12;
const PIVOT = 1e-9;
const REFRESH_PIVOTS = 600;
/** Pricing all arcs costs more than a pivot: some of the best are kept for the next few. */
const CANDIDATE_SHARE = 0.3;
const MAX_CANDIDATES = 256;
const MAX_PIVOTS = 200_000;
/** Every row may fall short by this part of the cap, a little more or less: without it the start is all ties. */
const PERTURBATION = 1e-11;

const AT_LOWER = 0;
const AT_UPPER = 1;
const BASIC = 2;

/**
 * Solves the program by the primal simplex method with bounded variables (Dantzig) on a dense inverse: two entries a
 * column make pricing cheap, and the rows are only the mints. Starts with no flow. Throws `optimum-stuck` when it does
 * not come to an end.
 */
export function solveFlowProgram(program: FlowProgram): FlowSolution {
  const { rows, cap, from, to, gain, bound } = program;
  const arcs = from.length;
  const state = new Uint8Array(arcs);
  const inverse = identity(rows);
  /** What is basic in each row: an arc, or -1 - i for the slack of row i. */
  const basic = Int32Array.from({ length: rows }, (_, row) => -1 - row);
  const slackRow = Int32Array.from({ length: rows }, (_, row) => row);
  const limits = perturbed(rows, cap);
  const value = Float64Array.from(limits);
  const prices = new Float64Array(rows);
  const column = new Float64Array(rows);
  let pivots = 0;

  const costOf = (arc: number): number => (to[arc] === 0 ? gain[arc]! : 0) - (from[arc] === 0 ? 1 : 0);
  const reducedCost = (arc: number): number => {
    const tail = from[arc]!;
    const head = to[arc]!;
    return (head === 0 ? gain[arc]! : gain[arc]! * prices[head]!) - prices[tail]! - (tail === 0 ? 1 : 0);
  };
  const loadColumn = (tail: number, head: number, factor: number): void => {
    for (let row = 0; row < rows; row++) {
      const at = row * rows;
      column[row] = inverse[at + tail]! - (head > 0 ? factor * inverse[at + head]! : 0);
    }
  };
  const boundOf = (variable: number): number => (variable < 0 ? Number.POSITIVE_INFINITY : bound[variable]!);

  const refresh = (): void => {
    invert(inverse, rows, (row, entries) => {
      const variable = basic[row]!;
      if (variable < 0) entries[-1 - variable] = 1;
      else {
        entries[from[variable]!] = 1;
        if (to[variable]! > 0) entries[to[variable]!] = -gain[variable]!;
      }
    });
    const rest = Float64Array.from(limits);
    for (let arc = 0; arc < arcs; arc++) {
      if (state[arc] !== AT_UPPER) continue;
      rest[from[arc]!]! -= bound[arc]!;
      if (to[arc]! > 0) rest[to[arc]!]! += gain[arc]! * bound[arc]!;
    }
    prices.fill(0);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      const variable = basic[row]!;
      const cost = variable < 0 ? 0 : costOf(variable);
      for (let i = 0; i < rows; i++) {
        sum += inverse[row * rows + i]! * rest[i]!;
        prices[i]! += cost * inverse[row * rows + i]!;
      }
      value[row] = sum;
    }
  };

  /** What a unit of a variable that is not basic gains on the way off its bound; 0 when it is basic. */
  const improvementOf = (variable: number): number => {
    if (variable < 0) return slackRow[-1 - variable]! < 0 ? -prices[-1 - variable]! : 0;
    const kind = state[variable];
    return kind === BASIC ? 0 : kind === AT_LOWER ? reducedCost(variable) : -reducedCost(variable);
  };

  /** Those that gained most when all were priced, for the next pivots to choose from. */
  const candidates: number[] = [];
  let worthwhile = 0;

  /** Prices every variable; false when none would gain. */
  const priceAll = (): boolean => {
    let best = IMPROVES;
    for (let variable = -rows; variable < arcs; variable++) {
      best = Math.max(best, improvementOf(variable));
    }
    worthwhile = Math.max(IMPROVES, best * CANDIDATE_SHARE);
    candidates.length = 0;
    for (let variable = -rows; variable < arcs && candidates.length < MAX_CANDIDATES; variable++) {
      if (improvementOf(variable) > worthwhile) candidates.push(variable);
    }
    return candidates.length > 0;
  };

  /** The candidate that still gains most, if any gains enough. */
  const pickCandidate = (): number | undefined => {
    let best = worthwhile;
    let picked: number | undefined;
    for (let i = 0; i < candidates.length; i++) {
      const improvement = improvementOf(candidates[i]!);
      if (improvement <= best) continue;
      best = improvement;
      picked = candidates[i]!;
    }
    return picked;
  };

  for (; pivots < MAX_PIVOTS; pivots++) {
    if (pivots % REFRESH_PIVOTS === REFRESH_PIVOTS - 1) refresh();
    const entering = pickCandidate() ?? (priceAll() ? pickCandidate() : undefined);
    if (entering === undefined) break;

    if (entering < 0) loadColumn(-1 - entering, 0, 0);
    else loadColumn(from[entering]!, to[entering]!, gain[entering]!);
    const sign = entering >= 0 && state[entering] === AT_UPPER ? -1 : 1;
    let step = boundOf(entering);
    let leaving = -1;
    let toUpper = false;
    for (let row = 0; row < rows; row++) {
      const change = sign * column[row]!;
      if (change > PIVOT) {
        const room = Math.max(0, value[row]!) / change;
        if (room < step || (room === step && leaving >= 0 && change > Math.abs(column[leaving]!))) {
          step = room;
          leaving = row;
          toUpper = false;
        }
      } else if (change < -PIVOT) {
        const limit = boundOf(basic[row]!);
        if (limit === Number.POSITIVE_INFINITY) continue;
        const room = Math.max(0, limit - value[row]!) / -change;
        if (room < step) {
          step = room;
          leaving = row;
          toUpper = true;
        }
      }
    }
    if (step === Number.POSITIVE_INFINITY) {
      throw new ArbError('optimum-stuck', 'a flow without bound', { entering });
    }
    for (let row = 0; row < rows; row++) value[row]! -= sign * step * column[row]!;
    if (leaving < 0) {
      state[entering] = sign === 1 ? AT_UPPER : AT_LOWER;
      continue;
    }
    const pivot = column[leaving]!;
    const out = basic[leaving]!;
    if (out >= 0) state[out] = toUpper ? AT_UPPER : AT_LOWER;
    else slackRow[-1 - out] = -1;
    basic[leaving] = entering;
    value[leaving] = sign === 1 ? step : boundOf(entering) - step;
    const reduced = entering < 0 ? -prices[-1 - entering]! : reducedCost(entering);
    if (entering >= 0) state[entering] = BASIC;
    else slackRow[-1 - entering] = leaving;
    eliminate(inverse, rows, leaving, column, pivot);
    for (let i = 0; i < rows; i++) prices[i]! += reduced * inverse[leaving * rows + i]!;
  }
  if (pivots >= MAX_PIVOTS) throw new ArbError('optimum-stuck', `no optimum in ${MAX_PIVOTS} pivots`);

  // The last word without the perturbation.
  limits.fill(0);
  limits[0] = cap;
  refresh();
  const flow = new Float64Array(arcs);
  for (let arc = 0; arc < arcs; arc++) if (state[arc] === AT_UPPER) flow[arc] = bound[arc]!;
  for (let row = 0; row < rows; row++) {
    const arc = basic[row]!;
    if (arc >= 0) flow[arc] = Math.min(bound[arc]!, Math.max(0, value[row]!));
  }
  const capPrice = Math.max(0, prices[0]!);
  prices[0] = 1;
  for (let row = 1; row < rows; row++) prices[row] = Math.max(0, prices[row]!);
  return { flow, prices, capPrice, pivots };
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function perturbed(rows: number, cap: number): Float64Array {
  const random = createRandom('flow program');
  const limits = Float64Array.from({ length: rows }, () => cap * PERTURBATION * (0.5 + random.next()));
  limits[0] = cap;
  return limits;
}

/** The row operations of one pivot: the column becomes a unit vector. */
function eliminate(
  matrix: Float64Array,
  size: number,
  pivotRow: number,
  column: Float64Array,
  pivot: number,
): void {
  const at = pivotRow * size;
  for (let i = 0; i < size; i++) matrix[at + i]! /= pivot;
  for (let row = 0; row < size; row++) {
    const factor = column[row]!;
    if (row === pivotRow || factor === 0) continue;
    const own = row * size;
    for (let i = 0; i < size; i++) matrix[own + i]! -= factor * matrix[at + i]!;
  }
}

/** Gauss-Jordan with row exchanges. `columnOf` writes one column of the basis into `entries`, all zero before. */
function invert(
  inverse: Float64Array,
  size: number,
  columnOf: (column: number, entries: Float64Array) => void,
): void {
  const left = new Float64Array(size * size);
  const entries = new Float64Array(size);
  for (let column = 0; column < size; column++) {
    entries.fill(0);
    columnOf(column, entries);
    for (let row = 0; row < size; row++) left[row * size + column] = entries[row]!;
  }
  inverse.set(identity(size));
  for (let column = 0; column < size; column++) {
    let pivotRow = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(left[row * size + column]!) > Math.abs(left[pivotRow * size + column]!)) pivotRow = row;
    }
    if (pivotRow !== column) {
      swapRows(left, size, pivotRow, column);
      swapRows(inverse, size, pivotRow, column);
    }
    const pivot = left[column * size + column]!;
    if (pivot === 0) throw new ArbError('optimum-stuck', 'the basis has become singular');
    const own = column * size;
    for (let i = 0; i < size; i++) {
      left[own + i]! /= pivot;
      inverse[own + i]! /= pivot;
    }
    for (let row = 0; row < size; row++) {
      const factor = left[row * size + column]!;
      if (row === column || factor === 0) continue;
      const at = row * size;
      for (let i = 0; i < size; i++) {
        left[at + i]! -= factor * left[own + i]!;
        inverse[at + i]! -= factor * inverse[own + i]!;
      }
    }
  }
}

function swapRows(matrix: Float64Array, size: number, a: number, b: number): void {
  const held = matrix.slice(a * size, (a + 1) * size);
  matrix.copyWithin(a * size, b * size, (b + 1) * size);
  matrix.set(held, b * size);
}
