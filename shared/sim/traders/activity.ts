import type { Random } from '../../core/random.ts';

export type Mood = 'dead' | 'calm' | 'lively';

/** How busy the simulated market is: long calm stretches, short lively ones, and times when little happens. */
export interface Activity {
  /** Moves one slot on and returns the scale for every trader's rate in that slot (1 is calm). */
  step(): number;
  readonly mood: Mood;
}

const SCALE: Readonly<Record<Mood, number>> = { dead: 0.04, calm: 1, lively: 2.2 };
/** Mean length in slots; a stretch is between half and one and a half of it. */
const MEAN_SLOTS: Readonly<Record<Mood, number>> = { dead: 70, calm: 260, lively: 60 };

/** A market that opens calm, so that a watcher sees trading from the first seconds. */
export function createActivity(random: Random): Activity {
  let mood: Mood = 'calm';
  let slotsLeft = MEAN_SLOTS.calm;
  return {
    step() {
      if (slotsLeft-- <= 0) {
        mood = nextMood(mood, random);
        slotsLeft = Math.round(MEAN_SLOTS[mood] * (0.5 + random.next()));
      }
      return SCALE[mood];
    },
    get mood() {
      return mood;
    },
  };
}

function nextMood(mood: Mood, random: Random): Mood {
  if (mood !== 'calm') return 'calm';
  return random.next() < 0.4 ? 'dead' : 'lively';
}
