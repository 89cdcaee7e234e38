/** What a person may tell the running service. */
export type ControlCommand = 'pause' | 'resume';

export interface ControlResult {
  readonly ok: boolean;
  /** One line for the person who asked. */
  readonly message: string;
}
