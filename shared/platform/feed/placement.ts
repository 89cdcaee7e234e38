import type { StreamConnection } from './connection/stream-connection.ts';
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
  readonly open: (endpoint: StreamEndpoint, lane: number, index: number) => StreamConnection;
  readonly tracksOn: (connection: StreamConnection) => Iterable<AccountTrack>;
  /** A connection does not carry these any more; whether another does, or nobody. */
  readonly onMoved: (connection: StreamConnection, tracks: readonly AccountTrack[]) => void;
}

/**
 * Which connection carries which account: once, or on two connections of different endpoints (two lanes). Where there is
 * not enough room for all, what belongs together is carried whole or not at all.
 */
export interface Placement {
  readonly connections: readonly StreamConnection[];
  /** Accounts that are on no connection of some lane, for want of room. */
  readonly homeless: ReadonlySet<AccountTrack>;
  /** Puts what belongs together on one connection where it fits. What has no room anywhere is homeless. */
  place(tracks: readonly AccountTrack[]): void;
  release(track: AccountTrack): void;
  /** Hands what a connection carries to others, as far as there is room. How many accounts moved. */
  evacuate(connection: StreamConnection): number;
  /** Takes from a connection what it has no room for any more, and looks for room for all that has none. */
  fit(connection: StreamConnection): void;
  /** Looks for room for all that has none. */
  rehome(): void;
}

export function createPlacement(options: PlacementOptions): Placement {
  const { endpoints, redundancy, open, tracksOn, onMoved } = options;
  const connections: StreamConnection[] = [];
  const homeless = new Set<AccountTrack>();
  const laneOf = (endpoint: StreamEndpoint): number => endpoints.indexOf(endpoint) % redundancy;
  for (const endpoint of endpoints) add(endpoint);

  function add(endpoint: StreamEndpoint): StreamConnection {
    const connection = open(endpoint, laneOf(endpoint), connectionsAt(endpoint).length);
    connections.push(connection);
    return connection;
  }

  function connectionsAt(endpoint: StreamEndpoint): StreamConnection[] {
    return connections.filter((connection) => connection.options.endpoint === endpoint);
  }

  function roomOf(connection: StreamConnection): number {
    const { subscriptionsPerConnection } = limitsOf(connection.options.endpoint);
    return Math.min(subscriptionsPerConnection, connection.plan.room) - OWN_SUBSCRIPTIONS - connection.load;
  }

  /** Connections that may still be opened to an endpoint that lets us have more of them. */
  function sparesAt(endpoint: StreamEndpoint): number {
    const mine = connectionsAt(endpoint);
    const isExhausted = mine.some(
      (connection) => connection.isFailing || connection.plan.most <= OWN_SUBSCRIPTIONS,
    );
    return isExhausted ? 0 : Math.max(0, limitsOf(endpoint).connections - mine.length);
  }

  function roomIn(lane: number): number {
    let room = 0;
    for (const connection of connections)
      if (connection.lane === lane) room += Math.max(0, roomOf(connection));
    for (const endpoint of endpoints) {
      if (laneOf(endpoint) !== lane) continue;
      const { subscriptionsPerConnection } = limitsOf(endpoint);
      const known = Math.min(
        subscriptionsPerConnection,
        ...connectionsAt(endpoint).map(({ plan }) => plan.most),
      );
      room += sparesAt(endpoint) * Math.max(0, known - OWN_SUBSCRIPTIONS);
    }
    return room;
  }

  /** The least loaded connection with room for `count`, a new one where all that are open are full. */
  function choose(
    lane: number,
    count: number,
    isAllowed: (connection: StreamConnection) => boolean,
    but?: StreamConnection,
  ): StreamConnection | undefined {
    const candidates = connections.filter(
      (connection) =>
        connection.lane === lane && connection !== but && roomOf(connection) > 0 && isAllowed(connection),
    );
    const usable = candidates.filter((connection) => !connection.isFailing);
    // With nobody well, an account still belongs somewhere: it is carried when that one is back.
    const from = usable.length > 0 || but !== undefined ? usable : candidates;
    from.sort((a, b) => a.load - b.load);
    const fits = from.find((connection) => roomOf(connection) >= count);
    if (fits !== undefined) return fits;
    const spare = endpoints.find(
      (endpoint) => laneOf(endpoint) === lane && endpoint !== but?.options.endpoint && sparesAt(endpoint) > 0,
    );
    return spare === undefined ? from[0] : add(spare);
  }

  function put(track: AccountTrack, connection: StreamConnection): void {
    track.connections[connection.lane] = connection;
    connection.watch(track.address);
  }

  function isHomed(track: AccountTrack): boolean {
    for (let lane = 0; lane < redundancy; lane++) if (track.connections[lane] === undefined) return false;
    return true;
  }

  /** Accounts that are of use only together. */
  function placeTogether(tracks: readonly AccountTrack[], lane: number): void {
    const wanted = tracks.filter((track) => track.connections[lane] === undefined);
    if (wanted.length === 0 || wanted.length > roomIn(lane)) return;
    let connection: StreamConnection | undefined;
    for (const [i, track] of wanted.entries()) {
      if (connection === undefined || roomOf(connection) < 1)
        connection = choose(lane, wanted.length - i, () => true);
      if (connection === undefined) return;
      put(track, connection);
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
    connections,
    homeless,
    place,
    rehome,
    release(track) {
      for (const connection of track.connections) connection?.unwatch(track.address);
      track.connections.fill(undefined);
      homeless.delete(track);
    },
    evacuate(connection) {
      const moved: AccountTrack[] = [];
      const isAllowed = (other: StreamConnection): boolean =>
        other.options.endpoint !== connection.options.endpoint || other.isLive;
      for (const track of [...tracksOn(connection)]) {
        const other = choose(connection.lane, 1, isAllowed, connection);
        if (other === undefined) break;
        connection.unwatch(track.address);
        put(track, other);
        moved.push(track);
      }
      if (moved.length > 0) onMoved(connection, moved);
      return moved.length;
    },
    fit(connection) {
      let over = -roomOf(connection);
      const moved: AccountTrack[] = [];
      if (over > 0) {
        for (const group of leastFirst(groupsOf([...tracksOn(connection)]), connection)) {
          if (over <= 0) break;
          for (const track of group) {
            connection.unwatch(track.address);
            track.connections[connection.lane] = undefined;
            homeless.add(track);
            moved.push(track);
          }
          over -= group.length;
        }
      }
      if (moved.length > 0) onMoved(connection, moved);
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
function leastFirst(groups: readonly AccountTrack[][], connection: StreamConnection): AccountTrack[][] {
  const isAlone = ([first]: readonly AccountTrack[]): boolean => first?.group === first?.address;
  const updates = (group: readonly AccountTrack[]): number =>
    group.reduce((sum, track) => sum + track.updates, 0) / group.length;
  const ranked = [...groups].reverse().map((group) => ({
    group,
    alone: Number(isAlone(group)),
    whole: Number(group.every(({ address }) => !connection.isRefused(address))),
    updates: updates(group),
  }));
  ranked.sort((a, b) => a.alone - b.alone || a.whole - b.whole || a.updates - b.updates);
  return ranked.map(({ group }) => group);
}
