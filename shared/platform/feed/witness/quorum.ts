/** Who says what about something that is mostly known beforehand. */
export interface Ruling<Claim> {
  /** What all that is reachable says, after it was said often enough: what was known is overruled. */
  readonly accepted: Claim | undefined;
  /** Voices that say otherwise than those that outnumber them, or than what is known where nobody does. */
  readonly wrong: readonly { readonly name: string; readonly claim: Claim | undefined }[];
}

export interface QuorumOptions<Claim> {
  /** True when the two can both be true. */
  readonly agree: (one: Claim, other: Claim) => boolean;
  /** Times that a listened voice must have said so before what is known is overruled. */
  readonly times: number;
  /** A voice that has said nothing for this long does not count. */
  readonly freshMicros: number;
}

interface Voice<Claim> {
  /** Undefined: it says what is known. */
  claim: Claim | undefined;
  times: number;
  /** Asked once, not listened to: one answer is all it says. */
  readonly asked: boolean;
  /** Where in the order of things it began to say so, and where it said so last. */
  since: number;
  last: number;
  atMicros: number;
}

const NOTHING = { accepted: undefined, wrong: [] } as const;

/**
 * Weighs what several voices (endpoints, and HTTP) say against what is known. One that says something else is not a liar
 * yet: it may be the first to tell that the world has changed. It is wrong when another, having got as far, still says
 * what is known; when all that can be reached says the same otherwise, what is known is wrong.
 */
export class Quorum<Claim> {
  readonly #options: QuorumOptions<Claim>;
  readonly #voices = new Map<string, Voice<Claim>>();
  #dissenting = 0;

  constructor(options: QuorumOptions<Claim>) {
    this.#options = options;
  }

  /** True while somebody says otherwise than what is known. */
  get isOpen(): boolean {
    return this.#dissenting > 0;
  }

  /** It says what is known. `order`: how far it has got, in what the voices can be compared by. */
  support(name: string, order: number, atMicros: number, asked = false): void {
    const voice = this.#voices.get(name);
    if (voice === undefined) {
      this.#voices.set(name, { claim: undefined, times: 1, asked, since: order, last: order, atMicros });
      return;
    }
    if (voice.claim !== undefined) {
      voice.claim = undefined;
      voice.since = order;
      this.#dissenting--;
    }
    voice.last = order;
    voice.atMicros = atMicros;
  }

  dissent(name: string, claim: Claim, order: number, atMicros: number, asked = false): void {
    const voice = this.#voices.get(name);
    if (voice?.claim !== undefined && this.#options.agree(voice.claim, claim)) {
      voice.claim = claim;
      voice.times++;
      voice.last = order;
      voice.atMicros = atMicros;
      return;
    }
    if (voice?.claim === undefined) this.#dissenting++;
    this.#voices.set(name, { claim, times: 1, asked, since: order, last: order, atMicros });
  }

  /** To be asked while `isOpen`. Voices found wrong are forgotten: what they say next counts anew. */
  rule(nowMicros: number): Ruling<Claim> {
    if (!this.isOpen) return NOTHING;
    for (const [name, voice] of this.#voices) {
      if (nowMicros - voice.atMicros > this.#options.freshMicros) this.#forget(name);
    }
    const against = [...this.#voices].filter(([, voice]) => voice.claim !== undefined);
    if (against.length === 0) return NOTHING;
    const since = Math.min(...against.map(([, voice]) => voice.since));
    const others = [...this.#voices].filter(([, voice]) => voice.claim === undefined);
    // One that has not got as far as the dissent may still say the same.
    const loyal = others.filter(([, voice]) => voice.last >= since);
    const [, first] = against[0]!;
    const agreed = against.every(([, voice]) => this.#options.agree(voice.claim!, first.claim!));
    if (loyal.length > 0 && (!agreed || against.length <= loyal.length)) return this.#dismiss(against);
    const often = against.every(([, voice]) => voice.asked || voice.times >= this.#options.times);
    const whole = loyal.length > 0 || others.length === 0;
    if (!agreed || !often || against.length < 2 || !whole) return NOTHING;
    const accepted = against.map(([, voice]) => voice.claim!).at(-1)!;
    const wrong = loyal.map(([name]) => ({ name, claim: undefined }));
    for (const [name] of against) this.#forget(name);
    for (const { name } of wrong) this.#forget(name);
    return { accepted, wrong };
  }

  /** Nobody has said anything. */
  reset(): void {
    this.#voices.clear();
    this.#dissenting = 0;
  }

  #dismiss(voices: readonly (readonly [string, Voice<Claim>])[]): Ruling<Claim> {
    const wrong = voices.map(([name, { claim }]) => ({ name, claim }));
    for (const { name } of wrong) this.#forget(name);
    return { accepted: undefined, wrong };
  }

  #forget(name: string): void {
    if (this.#voices.get(name)?.claim !== undefined) this.#dissenting--;
    this.#voices.delete(name);
  }
}
