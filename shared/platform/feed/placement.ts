import type { Shard } from './connection/shard.ts';
import { limitsOf, type StreamEndpoint } from './stream-endpoint.ts';
import type { AccountTrack } from './trust/account-track.ts';

/** The slots and the clock are subscriptions too. */
const OWN_SUBSCRIPTIONS = 2;
/** Accounts of one pool at most; a larger batch is many pools. */
const TOGETHER_MAX = 64;

export interface PlacementOptions {
  readonly endpoints: readonly StreamEndpoint[];
  readonly redundancy: 1 | 2;
  /** Opens one more connection. */
  readonly open: (endpoint: StreamEndpoint, lane: number, index: number) => Shard;
  readonly tracksOn: (shard: Shard) => Iterable<AccountTrack>;
  /** A connection does not carry these any more; whether another does, or nobody. */
  readonly onMoved: (shard: Shard, tracks: readonly AccountTrack[]) => void;
}

/**
 * Which connection carries which account: once, or on two connections of different endpoints (two lanes). Where there is
 * not enough room for all, what belongs together is carried whole or not at all.
 */
export interface Placement {
  readonly shards: readonly Shard[];
  /** Accounts that are on no connection of some lane, for want of room. */
  readonly homeless: ReadonlySet<AccountTrack>;
  /** Puts what belongs together on one connection where it fits. What has no room anywhere is homeless. */
  place(tracks: readonly AccountTrack[]): void;
  release(track: AccountTrack): void;
  /** Hands what a connection carries to others, as far as there is room. How many accounts moved. */
  evacuate(shard: Shard): number;
  /** Takes from a connection what it has no room for any more, and looks for room for all that has none. */
  fit(shard: Shard): void;
  /** Looks for room for all that has none. */
  rehome(): void;
}

export function createPlacement(options: PlacementOptions): Placement {
  const { endpoints, redundancy, open, tracksOn, onMoved } = options;
  const shards: Shard[] = [];
  const homeless = new Set<AccountTrack>();
  const laneOf = (endpoint: StreamEndpoint): number => endpoints.indexOf(endpoint) % redundancy;
  for (const endpoint of endpoints) add(endpoint);

  function add(endpoint: StreamEndpoint): Shard {
    const shard = open(endpoint, laneOf(endpoint), shardsAt(endpoint).length);
    shards.push(shard);
    return shard;
  }

  function shardsAt(endpoint: StreamEndpoint): Shard[] {
    return shards.filter((shard) => shard.options.endpoint === endpoint);
  }

  function roomOf(shard: Shard): number {
    const { subscriptionsPerConnection } = limitsOf(shard.options.endpoint);
    return Math.min(subscriptionsPerConnection, shard.plan.room) - OWN_SUBSCRIPTIONS - shard.load;
  }

  /** Connections that may still be opened to an endpoint that lets us have more of them. */
  function sparesAt(endpoint: StreamEndpoint): number {
    const mine = shardsAt(endpoint);
    const isExhausted = mine.some((shard) => shard.isFailing || shard.plan.most <= OWN_SUBSCRIPTIONS);
    return isExhausted ? 0 : Math.max(0, limitsOf(endpoint).connections - mine.length);
  }

  function roomIn(lane: number): number {
    let room = 0;
    for (const shard of shards) if (shard.lane === lane) room += Math.max(0, roomOf(shard));
    for (const endpoint of endpoints) {
      if (laneOf(endpoint) !== lane) continue;
      const { subscriptionsPerConnection } = limitsOf(endpoint);
      const known = Math.min(subscriptionsPerConnection, ...shardsAt(endpoint).map(({ plan }) => plan.most));
      room += sparesAt(endpoint) * Math.max(0, known - OWN_SUBSCRIPTIONS);
    }
    return room;
  }

  /** The least loaded connection with room for `count`, a new one where all that are open are full. */
  function choose(
    lane: number,
    count: number,
    isAllowed: (shard: Shard) => boolean,
    but?: Shard,
  ): Shard | undefined {
    const candidates = shards.filter(
      (shard) => shard.lane === lane && shard !== but && roomOf(shard) > 0 && isAllowed(shard),
    );
    const usable = candidates.filter((shard) => !shard.isFailing);
    // With nobody well, an account still belongs somewhere: it is carried when that one is back.
    const from = usable.length > 0 || but !== undefined ? usable : candidates;
    from.sort((a, b) => a.load - b.load);
    const fits = from.find((shard) => roomOf(shard) >= count);
    if (fits !== undefined) return fits;
    const spare = endpoints.find(
      (endpoint) => laneOf(endpoint) === lane && endpoint !== but?.options.endpoint && sparesAt(endpoint) > 0,
    );
    return spare === undefined ? from[0] : add(spare);
  }

  function put(track: AccountTrack, shard: Shard): void {
    track.shards[shard.lane] = shard;
    shard.watch(track.address);
  }

  function isHomed(track: AccountTrack): boolean {
    for (let lane = 0; lane < redundancy; lane++) if (track.shards[lane] === undefined) return false;
    return true;
  }

  /** Accounts that are of use only together. */
  function placeTogether(tracks: readonly AccountTrack[], lane: number): void {
    const wanted = tracks.filter((track) => track.shards[lane] === undefined);
    if (wanted.length === 0 || wanted.length > roomIn(lane)) return;
    let shard: Shard | undefined;
    for (const [i, track] of wanted.entries()) {
      if (shard === undefined || roomOf(shard) < 1) shard = choose(lane, wanted.length - i, () => true);
      if (shard === undefined) return;
      put(track, shard);
    }
  }

  function place(tracks: readonly AccountTrack[]): void {
    const parts = tracks.length <= TOGETHER_MAX ? [tracks] : groupsOf(tracks);
    for (const part of parts) {
      for (let lane = 0; lane < redundancy; lane++) placeTogether(part, lane);
      for (const track of part) {
        if (isHomed(track)) homeless.delete(track);
        else homeless.add(track);
      }
    }
  }

  function rehome(): void {
    // A part of what belongs together may have found room before the rest was wanted.
    if (homeless.size > 0) for (const group of groupsOf([...homeless])) place(group);
  }

  return {
    shards,
    homeless,
    place,
    rehome,
    release(track) {
      for (const shard of track.shards) shard?.unwatch(track.address);
      track.shards.fill(undefined);
      homeless.delete(track);
    },
    evacuate(shard) {
      const moved: AccountTrack[] = [];
      const isAllowed = (other: Shard): boolean =>
        other.options.endpoint !== shard.options.endpoint || other.isLive;
      for (const track of [...tracksOn(shard)]) {
        const other = choose(shard.lane, 1, isAllowed, shard);
        if (other === undefined) break;
        shard.unwatch(track.address);
        put(track, other);
        moved.push(track);
      }
      if (moved.length > 0) onMoved(shard, moved);
      return moved.length;
    },
    fit(shard) {
      let over = -roomOf(shard);
      const moved: AccountTrack[] = [];
      if (over > 0) {
        for (const group of leastFirst(groupsOf([...tracksOn(shard)]), shard)) {
          if (over <= 0) break;
          for (const track of group) {
            shard.unwatch(track.address);
            track.shards[shard.lane] = undefined;
            homeless.add(track);
            moved.push(track);
          }
          over -= group.length;
        }
      }
      if (moved.length > 0) onMoved(shard, moved);
      rehome();
    },
  };
}

function groupsOf(tracks: readonly AccountTrack[]): AccountTrack[][] {
  const groups = new Map<unknown, AccountTrack[]>();
  for (const track of tracks) {
    const group = groups.get(track.group);
    if (group === undefined) groups.set(track.group, [track]);
    else group.push(track);
  }
  return [...groups.values()];
}

/**
 * What is not whole on the connection first, then what trades least; of what trades alike the last wanted. What stands
 * alone (a wallet) is given up last.
 */
function leastFirst(groups: readonly AccountTrack[][], shard: Shard): AccountTrack[][] {
  const isAlone = ([first]: readonly AccountTrack[]): boolean => first?.group === first?.address;
  const updates = (group: readonly AccountTrack[]): number =>
    group.reduce((sum, track) => sum + track.updates, 0) / group.length;
  const ranked = [...groups].reverse().map((group) => ({
    group,
    alone: Number(isAlone(group)),
    whole: Number(group.every(({ address }) => !shard.isRefused(address))),
    updates: updates(group),
  }));
  ranked.sort((a, b) => a.alone - b.alone || a.whole - b.whole || a.updates - b.updates);
  return ranked.map(({ group }) => group);
}
