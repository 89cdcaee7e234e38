/** Slots from the one that is processed to the one that is finalized. */
export const SLOTS_TO_FINALIZED = 31;

/**
 * What is wrong with the way to an endpoint's stream. `down`: refused and cut. `refuse`: the handshake is answered with 429.
 * `hang`: the handshake gets no answer. `silent`: open, nothing comes. `mute-accounts`: slots go on, accounts do not, the
 * clock among them. `mute-some`: half of the accounts' changes are not told. `late`: everything comes 1.5 s late.
 * `dated-ahead`: a quarter of the accounts' changes are told once more, of a slot that has not begun.
 */
export const WIRE_FAULTS = [
  'down',
  'refuse',
  'hang',
  'silent',
  'mute-accounts',
  'mute-some',
  'late',
  'slots-ahead',
  'wrong-clock',
  'wrong-bytes',
  'dated-ahead',
] as const;
export const HTTP_FAULTS = ['down', 'hang', 'slots-ahead'] as const;

export type WireFault = (typeof WIRE_FAULTS)[number];
export type HttpFault = (typeof HTTP_FAULTS)[number];

/** For tests: an endpoint of a simulated chain, and what is wrong with it. */
export interface TestWire {
  readonly name: string;
  fault: WireFault | undefined;
  http: HttpFault | undefined;
  latencyMs: number;
  /** Slots that it is ahead, clock and accounts alike, with the bytes of now; below 0 it is behind. */
  lead: number;
  /** The same of its HTTP side; below 0 it is behind, and answers as of then. */
  httpLead: number;
  httpLatencyMs: number;
  /** Accounts that its plan gives in a call: more are asked in parts, each as of its own slot. */
  httpPart: number;
  /** Connections that were opened so far. */
  opened: number;
}
