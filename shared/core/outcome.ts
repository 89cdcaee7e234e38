/** An expected "no": a reason to count and, where it helps a person, a detail. */
export interface Refusal<Reason extends string = string> {
  readonly ok: false;
  readonly reason: Reason;
  readonly detail?: string;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Outcome<T, Reason extends string = string> = Success<T> | Refusal<Reason>;

export function success<T>(value: T): Success<T> {
  return { ok: true, value };
}

export function refusal<Reason extends string>(reason: Reason, detail?: string): Refusal<Reason> {
  return detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
}
