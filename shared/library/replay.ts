/** A recorded run read event by event, or driven through the engine again. */
export type { MarketEvent } from '../engine/event.ts';
export type { Config } from '../platform/config/schema.ts';
export {
  findRuns,
  forEachEvent,
  type RecordedRun,
  type RunPiece,
  readRun,
} from '../platform/recording/recording.ts';
export type { Run } from '../run/create-run.ts';
export { recordedConfig } from '../run/deciding-config.ts';
export { type ReplayParams, type ReplayResult, replayRun } from '../run/replay-run.ts';
