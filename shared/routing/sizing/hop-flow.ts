import type { Graph } from '../graph/graph.ts';
import type { Curves } from './curves.ts';

/** How often one amount's division over pools is corrected. */
const DIVISIONS = 3;
/** What a division added that was less than this share of the output needs no further one. */
const OUTPUT_TOLERANCE = 1e-5;
/** A division that does not pay more is drawn back towards the one before so often, */
const HALVINGS = 3;
/** while they differ by this share of the whole. */
const LEAST_MOVE = 0.02;
/** So many base units of output around, floors are all that a curve shows of its bend. */
const ROUNDING_UNITS = 4;
/** No pool counts as deeper than this many times what its hop is offered: a straight line has no depth. */
const MOST_DEPTH = 1e6;
/** As a share of those that a hop has, as many pools join at once: an eighth. */
const JOINERS_SHIFT = 3;
/** A pool whose amount is still to be found. */
const OPEN = -1;

/**
 * @hot
 * The pools of one hop and how an amount is divided over them. Each pool is taken for the constant product that has its
 * output and its marginal price at the amount that it carries now: `x / (α + β x)`, α being the input for a first unit of
 * output. On those the best division, at which the last unit pays the same everywhere, has a closed form; reading the
 * curves and dividing again comes to rest at the curves' own best. Reused from candidate to candidate.
 */
export class HopFlow {
  count = 0;
  edges = new Int32Array(16);
  /** Base units in and out. */
  amounts = new Float64Array(16);
  outputs = new Float64Array(16);
  /** What the last unit in pays. */
  level = 0;
  #alpha = new Float64Array(16);
  #beta = new Float64Array(16);
  /** The input from which on α and β are reckoned; 0 but for a pool that is near to straight at what it carries. */
  #from = new Float64Array(16);
  /** So many of the first pools have an α and a β; the first unit into another pays less than the last one here. */
  #known = 0;
  /** The division before, to go back to. */
  #keptAmounts = new Float64Array(16);
  #keptOutputs = new Float64Array(16);
  #kept = 0;
  /** What the hop is offered. */
  #total = 1;
  readonly #graph: Graph;
  readonly #curves: Curves;

  constructor(graph: Graph, curves: Curves) {
    this.#graph = graph;
    this.#curves = curves;
  }

  /** Takes the pools that the hop may use, best marginal price first. */
  take(edges: readonly number[]): void {
    if (edges.length > this.edges.length) this.#grow(edges.length * 2);
    for (let i = 0; i < edges.length; i++) {
      this.edges[i] = edges[i]!;
      this.amounts[i] = 0;
      this.outputs[i] = 0;
    }
    this.count = edges.length;
    this.#known = 0;
    this.level = 1;
  }

  /** Leaves a pool out from now on; the others keep what is known of them. */
  drop(at: number): void {
    for (let i = at; i + 1 < this.count; i++) {
      this.edges[i] = this.edges[i + 1]!;
      this.amounts[i] = this.amounts[i + 1]!;
      this.outputs[i] = this.outputs[i + 1]!;
      this.#alpha[i] = this.#alpha[i + 1]!;
      this.#beta[i] = this.#beta[i + 1]!;
      this.#from[i] = this.#from[i + 1]!;
    }
    this.count -= 1;
    if (at < this.#known) this.#known -= 1;
  }

  /** The share of the hop's output that a pool pays. */
  shareOf(at: number): number {
    let output = 0;
    for (let i = 0; i < this.#known; i++) output += this.outputs[i]!;
    return output > 0 ? this.outputs[at]! / output : 0;
  }

  /** What a pool pays beyond what the hop's last unit would for the same input. */
  surplus(at: number): number {
    return Math.max(0, this.outputs[at]! - this.level * this.amounts[at]!);
  }

  /** True when the first unit into a pool pays more than the hop's last. */
  isOutpaidBy(edge: number): boolean {
    return this.#graph.price[edge]! > this.level;
  }

  /** Divides an amount over the pools, reads what they pay, and finds the `level`. */
  through(total: number, step: number): number {
    this.#total = Math.max(1, total);
    this.#divide(step);
    let output = this.#read(step);
    for (let round = 1; round < DIVISIONS && this.#known > 1; round++) {
      this.#keep();
      this.#divide(step);
      const next = this.#read(step);
      if (next > output * (1 + OUTPUT_TOLERANCE)) {
        output = next;
        continue;
      }
      // Around a kink two divisions take turns; what lies between is better than the worse of them.
      const between = this.#meet(output, step);
      if (between === 0) break;
      output = between;
    }
    this.level = this.#lastUnitPays();
    return output;
  }

  #keep(): void {
    for (let i = 0; i < this.#known; i++) {
      this.#keptAmounts[i] = this.amounts[i]!;
      this.#keptOutputs[i] = this.outputs[i]!;
    }
    this.#kept = this.#known;
  }

  /** Halves the way to the division before until it is better than that, and goes back there when it is not; 0 then. */
  #meet(output: number, step: number): number {
    for (let halving = 0; halving < HALVINGS && this.#hasMoved(); halving++) {
      for (let i = 0; i < this.#known; i++) {
        const before = i < this.#kept ? this.#keptAmounts[i]! : 0;
        this.amounts[i] = (before + this.amounts[i]!) / 2;
      }
      const next = this.#read(step);
      if (next > output) return next;
    }
    this.#restore();
    return 0;
  }

  /** True when the division differs from the one before by more than a little. */
  #hasMoved(): boolean {
    let moved = 0;
    for (let i = 0; i < this.#known; i++)
      moved += Math.abs(this.amounts[i]! - (i < this.#kept ? this.#keptAmounts[i]! : 0));
    return moved > LEAST_MOVE * this.#total;
  }

  #restore(): void {
    for (let i = 0; i < this.#known; i++) {
      this.amounts[i] = i < this.#kept ? this.#keptAmounts[i]! : 0;
      this.outputs[i] = i < this.#kept ? this.#keptOutputs[i]! : 0;
    }
  }

  /** Reads every pool at its amount; the sum of what they pay. */
  #read(step: number): number {
    let output = 0;
    for (let i = 0; i < this.#known; i++) {
      const amount = this.amounts[i]!;
      this.outputs[i] = 0;
      if (amount > 0) {
        this.#curves.read(this.edges[i]!, amount, step);
        this.outputs[i] = this.#curves.out;
        output += this.#curves.out;
      }
      this.#fit(i, amount, this.outputs[i]!, this.#curves.slope);
    }
    return output;
  }

  /** The division that is best for the constant products; pools join while their first unit pays more. */
  #divide(step: number): void {
    if (this.#known === 0) this.#learn(step);
    for (;;) {
      const level = this.#fill();
      // One by one while they are few; of many, some that will carry nothing cost less than filling all anew for each.
      const most = Math.min(this.count, this.#known + 1 + (this.#known >> JOINERS_SHIFT));
      const before = this.#known;
      while (this.#known < most && this.#priceOf(this.#known) > level) this.#learn(step);
      if (this.#known === before) return;
    }
  }

  /** First acquaintance with the next pool: α from its marginal price, β from what it pays for an equal share. */
  #learn(step: number): void {
    const at = this.#known;
    const edge = this.edges[at]!;
    const probe = this.#total / (1 + at);
    this.#curves.read(edge, probe, step);
    const amount = Math.min(probe, this.#curves.endOf(edge));
    const { out } = this.#curves;
    this.#alpha[at] = 1 / this.#priceOf(at);
    this.#beta[at] = amount > 0 && out > 0 ? (amount / out - this.#alpha[at]!) / amount : 0;
    this.#from[at] = 0;
    this.#limitDepth(at);
    this.#known += 1;
  }

  #fit(at: number, amount: number, out: number, slope: number): void {
    this.#from[at] = 0;
    if (!(out > 0)) {
      // It carries nothing: its first unit costs what it does at size zero.
      this.#alpha[at] = 1 / this.#priceOf(at);
    } else if (slope > 0) {
      const inputPerOutput = amount / out;
      const alpha = slope * inputPerOutput * inputPerOutput;
      const bend = inputPerOutput - alpha;
      if (bend * out > ROUNDING_UNITS * inputPerOutput) {
        this.#alpha[at] = alpha;
        this.#beta[at] = bend / amount;
      } else {
        // Too near to straight here to tell a bend from a floor: as deep from here on as it showed itself elsewhere.
        this.#beta[at] = Math.min(this.#beta[at]!, 0.5 / out);
        this.#alpha[at] = 1 / slope;
        this.#from[at] = amount;
      }
    } else {
      // Full: all that shows is how far its whole amount came down from the first unit.
      this.#alpha[at] = 1 / this.#priceOf(at);
      this.#beta[at] = (amount / out - this.#alpha[at]!) / amount;
    }
    this.#limitDepth(at);
  }

  #limitDepth(at: number): void {
    const least = this.#alpha[at]! / (MOST_DEPTH * this.#total);
    if (!(this.#beta[at]! > least)) this.#beta[at] = least;
  }

  /** Fills the known pools up to one level; what the last unit pays, 0 when they cannot take it all. */
  #fill(): number {
    const known = this.#known;
    for (let i = 0; i < known; i++) this.amounts[i] = OPEN;
    let left = this.#total;
    for (;;) {
      let depth = left;
      let roots = 0;
      for (let i = 0; i < known; i++) {
        if (this.amounts[i] !== OPEN) continue;
        depth += this.#alpha[i]! / this.#beta[i]! - this.#from[i]!;
        roots += Math.sqrt(this.#alpha[i]!) / this.#beta[i]!;
      }
      if (roots === 0) return 0;
      const inverse = depth / roots;
      if (this.#leaveEmpty(inverse)) continue;
      const capped = this.#fillToTheEnd(inverse);
      if (capped === 0) {
        for (let i = 0; i < known; i++)
          if (this.amounts[i] === OPEN) this.amounts[i] = this.#amountAt(i, inverse);
        return 1 / (inverse * inverse);
      }
      left -= capped;
    }
  }

  /** The input at which a pool's next unit costs the square of `inverse`. */
  #amountAt(at: number, inverse: number): number {
    const alpha = this.#alpha[at]!;
    return this.#from[at]! + (Math.sqrt(alpha) * inverse - alpha) / this.#beta[at]!;
  }

  /** Takes out open pools whose first unit costs more already; true when there were any. */
  #leaveEmpty(inverse: number): boolean {
    let any = false;
    for (let i = 0; i < this.#known; i++) {
      if (this.amounts[i] !== OPEN || this.#amountAt(i, inverse) > 0) continue;
      this.amounts[i] = 0;
      any = true;
    }
    return any;
  }

  /** Gives open pools that would overflow all that they take; how much in all. The empty ones are open again then. */
  #fillToTheEnd(inverse: number): number {
    let capped = 0;
    for (let i = 0; i < this.#known; i++) {
      if (this.amounts[i] !== OPEN) continue;
      const most = this.#curves.endOf(this.edges[i]!);
      if (this.#amountAt(i, inverse) < most) continue;
      this.amounts[i] = most;
      capped += most;
    }
    if (capped > 0) for (let i = 0; i < this.#known; i++) if (this.amounts[i] === 0) this.amounts[i] = OPEN;
    return capped;
  }

  /** What one more unit would pay, as the pools have just been read. */
  #lastUnitPays(): number {
    let depth = this.#total;
    let roots = 0;
    for (let i = 0; i < this.#known; i++) {
      const amount = this.amounts[i]!;
      if (amount <= 0) continue;
      if (amount >= this.#curves.endOf(this.edges[i]!)) {
        depth -= amount;
        continue;
      }
      depth += this.#alpha[i]! / this.#beta[i]! - this.#from[i]!;
      roots += Math.sqrt(this.#alpha[i]!) / this.#beta[i]!;
    }
    return roots === 0 ? 0 : (roots / depth) ** 2;
  }

  #priceOf(at: number): number {
    return this.#curves.bestPrice(this.edges[at]!);
  }

  #grow(size: number): void {
    this.edges = new Int32Array(size);
    this.amounts = new Float64Array(size);
    this.outputs = new Float64Array(size);
    this.#keptAmounts = new Float64Array(size);
    this.#keptOutputs = new Float64Array(size);
    this.#alpha = new Float64Array(size);
    this.#beta = new Float64Array(size);
    this.#from = new Float64Array(size);
  }
}
