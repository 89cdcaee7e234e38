/** Where the program gets its chance, so that a run can be replayed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** An independent generator: the same label of the same parent always gives the same stream. */
  fork(label: string): Random;
}

/** A seeded generator (sfc32 seeded by a string hash): small, fast, and the same on every machine. */
export function createRandom(seed: string | number): Random {
  const name = String(seed);
  const state = seedWords(name);
  const next = (): number => sfc32(state) / 4_294_967_296;
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return radius * Math.cos(2 * Math.PI * next());
    },
    fork: (label) => createRandom(`${name}/${label}`),
  };
}

function sfc32(s: Uint32Array): number {
  const mixed = (s[0]! + s[1]! + s[3]!) >>> 0;
  s[3] = s[3]! + 1;
  s[0] = s[1]! ^ (s[1]! >>> 9);
  s[1] = s[2]! + (s[2]! << 3);
  s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + mixed;
  return mixed;
}

function seedWords(name: string): Uint32Array {
  const state = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    let hash = 2_166_136_261 ^ word;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619);
    state[word] = hash;
  }
  state[3] = 1;
  for (let i = 0; i < 16; i++) sfc32(state);
  return state;
}
