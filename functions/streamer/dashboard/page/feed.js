import { byId, element, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import { ageText, countText, microsText } from './format.js';

/**
 * The feed's connections, and what it can vouch for.
 * @typedef {import('../view/view.ts').FeedView} FeedView
 */

const STATE_TEXT = {
  idle: 'Idle',
  connecting: 'Connecting',
  subscribing: 'Subscribing',
  snapshot: 'Fetching',
  live: 'Live',
  behind: 'Behind',
  waiting: 'Waiting',
  suspended: 'Quarantined',
  stopped: 'Stopped',
};

/** What the tag's colour says. */
const STATE_TAG = {
  idle: 'skipped',
  connecting: 'stale',
  subscribing: 'stale',
  snapshot: 'stale',
  live: 'live',
  behind: 'stale',
  waiting: 'down',
  suspended: 'quarantined',
  stopped: 'down',
};

/** @param {FeedView} feed */
export function showFeed(feed) {
  setText(byId('feed-note'), feedNote(feed));
  setHidden(byId('feed-empty'), feed.connections.length > 0);
  syncRows(byId('feed'), feed.connections, {
    key: (connection) => connection.name,
    make() {
      const cells = {
        name: element('div'),
        reason: element('div', 'legs wrap'),
        state: element('span', 'tag'),
        accounts: element('td', 'num w-xs'),
        lag: element('td', 'num'),
        slot: element('td', 'num w-sm'),
        reconnects: element('td', 'num w-sm'),
      };
      const name = element('th', 'name', [cells.name, cells.reason]);
      name.setAttribute('scope', 'row');
      const state = element('td', '', [cells.state]);
      const root = element('tr', '', [name, state, cells.accounts, cells.lag, cells.slot, cells.reconnects]);
      return { root, ...cells };
    },
    update(row, connection) {
      setText(row.name, connection.name);
      setText(row.reason, connection.reason);
      setTitle(row.reason, connection.reason);
      setText(row.state, STATE_TEXT[connection.state]);
      setData(row.state, 'tag', STATE_TAG[connection.state]);
      setText(row.accounts, countText(connection.accounts));
      setText(row.lag, connection.state === 'live' ? microsText(connection.lagMs * 1_000) : '–');
      setText(row.slot, connection.lastSlot < 0 ? '–' : countText(connection.lastSlot));
      setText(row.reconnects, countText(connection.reconnects));
    },
  });
  setText(byId('feed-fresh'), `${countText(feed.freshPools)} of ${countText(feed.pools)}`);
  setText(byId('feed-accounts'), `${countText(feed.confirmed)} of ${countText(feed.accounts)}`);
  setText(byId('feed-losses'), countText(feed.losses));
  setText(byId('feed-forks'), countText(feed.forks));
  setText(byId('feed-recovery'), feed.recoveries === 0 ? '–' : ageText(feed.lastRecoveryMs));
  setText(byId('feed-conflated'), countText(feed.conflated));
  setText(
    byId('feed-blockhash'),
    feed.blockhashAgeSlots < 0
      ? '–'
      : `${feed.blockhashAgeSlots} ${feed.blockhashAgeSlots === 1 ? 'slot' : 'slots'}`,
  );
}

/** @param {FeedView} feed */
function feedNote(feed) {
  if (feed.quarantined.length > 0) {
    return `${feed.quarantined.map(({ endpoint }) => endpoint).join(', ')} left alone`;
  }
  return feed.live ? '' : feed.reason;
}

/**
 * What the chain is, each figure with who said so; assumed until somebody has.
 * @param {import('../view/view.ts').ChainView} chain
 */
export function showChain(chain) {
  /** @param {string} id @param {string} name @param {string} text */
  const show = (id, name, text) => {
    const told = chain.parameters.find((parameter) => parameter.name === name);
    const assumed = told === undefined || told.atMs === 0;
    setText(byId(id), assumed ? `${text}, assumed` : text);
    const source = assumed ? 'not read yet' : `${told.source}, slot ${countText(told.slot)}`;
    setTitle(byId(id), told?.problem ? `${source}. ${told.problem}` : source);
  };
  show('chain-slot-time', 'slotMicros', microsText(chain.slotMs * 1_000));
  const rent = (Number(chain.tokenAccountRentLamports) / 1e9).toFixed(6);
  show('chain-rent', 'rentLamportsPerByte', `${rent} SOL`);
  show('chain-consensus', 'alpenglow', chain.alpenglow ? 'Alpenglow' : 'Tower');
}
