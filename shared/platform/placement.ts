import type { AccountTrack } from './account-track.ts';
import type { Shard } from './shard.ts';
import { limitsOf, type StreamEndpoint } from './stream-endpoint.ts';

/** The slots and the clock are subscriptions too. */
const OWN_SUBSCRIPTIONS = 2;

export interface PlacementOptions {
  readonly endpoints: readonly StreamEndpoint[];
  readonly redundancy: 1 | 2;
  /** Opens one more connection. */
  readonly open: (endpoint: StreamEndpoint, lane: number, index: number) => Shard;
}

/** Which connection carries which account: once, or on two connections of different endpoints (two lanes). */
export interface Placement {
  readonly shards: readonly Shard[];
  /** Puts what belongs together on one connection where it fits. False: nobody has room for some of it. */
  place(tracks: readonly AccountTrack[]): boolean;
  release(track: AccountTrack): void;
  /** Hands what a connection carries to other endpoints, as far as there is room. How many accounts moved. */
  evacuate(shard: Shard): AccountTrack[];
}

export function createPlacement(
  { endpoints, redundancy, open }: PlacementOptions,
  tracksOf: (shard: Shard) => Iterable<AccountTrack>,
): Placement {
  const shards: Shard[] = [];
  const laneOf = (endpoint: StreamEndpoint): number => endpoints.indexOf(endpoint) % redundancy;
  for (const endpoint of endpoints) add(endpoint);

  function add(endpoint: StreamEndpoint): Shard {
    const index = shards.filter((shard) => shard.options.endpoint === endpoint).length;
    const shard = open(endpoint, laneOf(endpoint), index);
    shards.push(shard);
    return shard;
  }

  function roomOf(shard: Shard): number {
    const { subscriptionsPerConnection } = limitsOf(shard.options.endpoint);
    return subscriptionsPerConnection - OWN_SUBSCRIPTIONS - shard.load;
  }

  function isUsable(shard: Shard): boolean {
    return shard.state !== 'suspended' && shard.state !== 'stopped' && shard.failures < 2;
  }

  /** The least loaded connection with room for `count`, a new one where all that are open are full. */
  function choose(lane: number, count: number, but?: StreamEndpoint): Shard | undefined {
    const candidates = shards.filter(
      (shard) => shard.lane === lane && shard.options.endpoint !== but && roomOf(shard) > 0,
    );
    const usable = candidates.filter(isUsable);
    // With nobody well, an account still belongs somewhere: it is carried when that one is back.
    const from = usable.length > 0 || but !== undefined ? usable : candidates;
    from.sort((a, b) => a.load - b.load);
    const fits = from.find((shard) => roomOf(shard) >= count);
    if (fits !== undefined) return fits;
    const spare = endpoints.find(
      (endpoint) =>
        laneOf(endpoint) === lane &&
        endpoint !== but &&
        shards.filter((shard) => shard.options.endpoint === endpoint).length <
          limitsOf(endpoint).connections &&
        !shards.some((shard) => shard.options.endpoint === endpoint && !isUsable(shard)),
    );
    return spare === undefined ? from[0] : add(spare);
  }

  function put(track: AccountTrack, shard: Shard): void {
    track.shards[shard.lane] = shard;
    shard.watch(track.address);
  }

  return {
    shards,
    place(tracks) {
      let all = true;
      for (let lane = 0; lane < redundancy; lane++) {
        let shard: Shard | undefined;
        for (const [i, track] of tracks.entries()) {
          if (track.shards[lane] !== undefined) continue;
          // A pool's accounts are wanted together; a batch as large as a market is spread.
          if (shard === undefined || roomOf(shard) < 1 || tracks.length > TOGETHER_MAX) {
            shard = choose(lane, tracks.length > TOGETHER_MAX ? 1 : tracks.length - i);
          }
          if (shard === undefined) all = false;
          else put(track, shard);
        }
      }
      return all;
    },
    release(track) {
      for (const shard of track.shards) shard?.unwatch(track.address);
      track.shards.fill(undefined);
    },
    evacuate(shard) {
      const moved: AccountTrack[] = [];
      for (const track of [...tracksOf(shard)]) {
        const other = choose(shard.lane, 1, shard.options.endpoint);
        if (other === undefined) break;
        shard.unwatch(track.address);
        put(track, other);
        moved.push(track);
      }
      return moved;
    },
  };
}

/** Accounts of one pool at most; a larger batch is many pools. */
const TOGETHER_MAX = 64;
