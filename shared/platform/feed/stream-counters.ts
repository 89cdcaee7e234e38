import type { Clock } from '../../core/clock.ts';

/** What a stream has seen since it was made. A counter never goes back. */
export interface StreamCounters {
  /** Connections opened after the first. */
  reconnects: number;
  /** Snapshots that brought the feed live. */
  snapshots: number;
  /** Snapshots that failed, so that another was needed. */
  snapshotFailures: number;
  /** WebSocket messages of any kind, and their bytes. */
  frames: number;
  bytes: number;
  accountFrames: number;
  slotFrames: number;
  /** Frames that are not what a node sends. Each brings a fresh snapshot: it may have been an update. */
  badFrames: number;
  /** Account frames older than one that came before. Passed on. */
  lateFrames: number;
  /** Account frames of a subscription that nobody holds. */
  strayFrames: number;
  /** Account frames that came before the acknowledgement of their subscription and were held until it. */
  earlyFrames: number;
  /** Account frames of slots that cannot have begun. Each brings a fresh snapshot. */
  framesTooEarly: number;
  /** Well-formed frames that answer nothing: notifications of other methods, replies to unknown requests. */
  otherFrames: number;
  /** Slot notifications whose slot was not after the last one. Passed on. */
  slotsBackward: number;
  /** Slot notifications further ahead than a chain goes in a minute. Passed on. */
  slotJumps: number;
  /** Times that accounts went on flowing while the slots stood still. */
  slotStalls: number;
  /** Times that it fell behind the slots. */
  timesBehind: number;
  /** Subscriptions that the node refused, each as often as it was refused for good. */
  refusals: number;
}

export function createStreamCounters(): StreamCounters {
  return {
    reconnects: 0,
    snapshots: 0,
    snapshotFailures: 0,
    frames: 0,
    bytes: 0,
    accountFrames: 0,
    slotFrames: 0,
    badFrames: 0,
    lateFrames: 0,
    strayFrames: 0,
    earlyFrames: 0,
    framesTooEarly: 0,
    otherFrames: 0,
    slotsBackward: 0,
    slotJumps: 0,
    slotStalls: 0,
    timesBehind: 0,
    refusals: 0,
  };
}

/** What the stream as a whole has seen, over all its connections. */
export interface FeedCounters {
  /** Times that accounts were lost, and how many accounts in all. */
  losses: number;
  lostAccounts: number;
  /** The same frame from the second endpoint. */
  duplicates: number;
  /** Frames of a slot before the one that was told. */
  olderFrames: number;
  /** Frames that came before their account's snapshot and waited for it. */
  heldFrames: number;
  /** Times that the chain went another way than it had been told. */
  forks: number;
  /** Accounts of which two things were told that cannot both be true. */
  contradictions: number;
  /** Changes that a connection failed to tell, found by reading the account again. */
  missed: number;
  /** Times that an endpoint was found to have told what is not so. */
  lies: number;
  /** Times that all that could be reached agreed on what could not be: a clock that was corrected, a chain elsewhere. */
  overruled: number;
  /** States that a newer one replaced before the engine took them. */
  conflated: number;
  /** Times that more waited for the engine than is held. */
  overflows: number;
  /** Times that everything was lost. */
  timesDown: number;
  /** From the first account lost to all confirmed again: how often, the last one and the longest, in milliseconds. */
  recoveries: number;
  lastRecoveryMs: number;
  longestRecoveryMs: number;
}

export function createFeedCounters(): FeedCounters {
  return {
    losses: 0,
    lostAccounts: 0,
    duplicates: 0,
    olderFrames: 0,
    heldFrames: 0,
    forks: 0,
    contradictions: 0,
    missed: 0,
    lies: 0,
    overruled: 0,
    conflated: 0,
    overflows: 0,
    timesDown: 0,
    recoveries: 0,
    lastRecoveryMs: 0,
    longestRecoveryMs: 0,
  };
}

/** One line of log: the event's name and its values. */
export type StreamLog = (event: string, values: Readonly<Record<string, string | number | boolean>>) => void;

/** Passes on each kind of event at most once in `everyMs`, with how many were held back since. */
export function limitLog(log: StreamLog, clock: Clock, everyMs: number): StreamLog {
  const last = new Map<string, { atMicros: number; held: number }>();
  return (event, values) => {
    const atMicros = clock.monotonicMicros();
    const seen = last.get(event);
    if (seen !== undefined && atMicros - seen.atMicros < everyMs * 1_000) {
      seen.held++;
      return;
    }
    last.set(event, { atMicros, held: 0 });
    log(event, seen === undefined || seen.held === 0 ? values : { ...values, held: seen.held });
  };
}
