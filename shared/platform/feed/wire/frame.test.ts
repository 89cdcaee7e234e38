import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressAt } from '../../../core/address.ts';
import { FrameDecoder } from './frame.ts';
import { readJsonFrame } from './frame-json.ts';
import { requestJson, subscriptionId } from './subscription-id.ts';

const OWNER = addressAt(new Uint8Array(32).fill(5));

interface Told {
  readonly slot: number;
  readonly subscription: number;
  readonly lamports: bigint;
  readonly owner: string;
  readonly data: Uint8Array;
}

/** An account notification with its members in the order asked for. */
function frameText(told: Told, order: readonly string[], encoding = 'base64'): string {
  const bytes = encoding === 'base64' ? told.data : zstdCompressSync(told.data);
  const members: Record<string, string> = {
    lamports: `"lamports":${told.lamports}`,
    data: `"data":["${Buffer.from(bytes).toString('base64')}","${encoding}"]`,
    owner: `"owner":"${told.owner}"`,
    executable: '"executable":false',
    rentEpoch: '"rentEpoch":18446744073709551615',
    space: `"space":${told.data.length}`,
  };
  const value = order.map((name) => members[name]).join(',');
  return `{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":${told.slot}},"value":{${value}}},"subscription":${told.subscription}}}`;
}

const AGAVE = ['lamports', 'data', 'owner', 'executable', 'rentEpoch', 'space'];
const someTold = fc.record({
  slot: fc.maxSafeNat(),
  subscription: fc.maxSafeNat(),
  lamports: fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }),
  owner: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => addressAt(bytes) as string),
  data: fc.uint8Array({ maxLength: 400 }),
});
const FIRST: Told = {
  slot: 9,
  subscription: 4,
  lamports: 1_000n,
  owner: OWNER,
  data: Uint8Array.of(1, 2, 3),
};

function fieldsOf(decoder: FrameDecoder) {
  const { subscription, slot, account } = decoder;
  return { subscription, slot, account };
}

it('reads every account notification to the last digit, whatever the order of its members', () => {
  const decoder = new FrameDecoder();
  const orders = fc.shuffledSubarray(AGAVE, { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(someTold, orders, fc.constantFrom('base64', 'base64+zstd'), (told, order, encoding) => {
      expect(decoder.decode(Buffer.from(frameText(told, order, encoding)))).toBe('account');
      const { slot, subscription, lamports, owner, data } = told;
      expect(fieldsOf(decoder)).toEqual({ slot, subscription, account: { lamports, owner, data } });
    }),
  );
});

it('does not need JSON.parse for a node that words its frames as Agave does', () => {
  const decoder = new FrameDecoder();
  decoder.decode(Buffer.from(frameText(FIRST, AGAVE)));
  decoder.decode(Buffer.from(frameText(FIRST, [...AGAVE].sort(), 'base64+zstd')));
  expect(decoder.parsedFrames).toBe(0);
  decoder.decode(Buffer.from(frameText(FIRST, AGAVE).replace('"slot":9', '"apiVersion":"2.1.0","slot":9')));
  expect(decoder.parsedFrames).toBe(1);
  expect(fieldsOf(decoder)).toMatchObject({ slot: 9, subscription: 4 });
});

it('says of a mangled frame exactly what JSON.parse and the field checks say of it', () => {
  const edits = fc.array(
    fc.record({
      at: fc.nat(2_000),
      cut: fc.nat(3),
      insert: fc.constantFrom('', '"', '0', '}', ',', '\\', '-', '5', '=', ' '),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const scanner = new FrameDecoder();
  const parser = new FrameDecoder();
  let accepted = 0;
  fc.assert(
    fc.property(someTold, edits, (told, changes) => {
      let text = frameText(told, AGAVE);
      for (const { at: where, cut, insert } of changes) {
        const at = where % (text.length + 1);
        text = text.slice(0, at) + insert + text.slice(at + cut);
      }
      const frame = Buffer.from(text);
      const kind = scanner.decode(frame);
      expect(kind).toBe(readJsonFrame(frame, parser));
      if (kind === 'account') {
        accepted++;
        expect(fieldsOf(scanner)).toEqual(fieldsOf(parser));
      }
    }),
    { numRuns: 3_000 },
  );
  expect(accepted).toBeGreaterThan(20);
});

it.each<[string, (text: string) => string]>([
  ['text after its end', (text) => `${text}x`],
  ['a space after its end', (text) => `${text} `],
  ['a brace too many', (text) => `${text}}`],
  [
    'two data members, the second in another encoding',
    (text) => text.replace('"data":', '"data":["AAAA","base64+zstd"],"data":'),
  ],
  ['two lamports members', (text) => text.replace('"lamports":', '"lamports":5,"lamports":')],
  ['a comma before the closing brace', (text) => text.replace('}},"subscription"', ',}},"subscription"')],
  ['data with a character of no base64', (text) => text.replace('AQID', 'A?ID')],
  ['data with padding in the middle', (text) => text.replace('AQID', 'AQ==AQID')],
  ['data cut short', (text) => text.replace('AQID', 'AQI')],
  ['data with an escaped slash', (text) => text.replace('AQID', 'AQ\\/D')],
  ['lamports with a leading zero', (text) => text.replace('"lamports":', '"lamports":0')],
  ['a slot with a leading zero', (text) => text.replace('"slot":9', '"slot":09')],
  ['no owner', (text) => text.replace(/"owner":"[^"]*",/, '')],
  ['an owner with an escape', (text) => text.replace('"owner":"', '"owner":"\\u0031')],
])('says of %s what the parser says', (_, edit) => {
  const text = edit(frameText(FIRST, AGAVE));
  expect(text).not.toBe(frameText(FIRST, AGAVE));
  const scanner = new FrameDecoder();
  const parser = new FrameDecoder();
  expect(scanner.decode(Buffer.from(text))).toBe(readJsonFrame(Buffer.from(text), parser));
  expect({ ...fieldsOf(scanner), problem: scanner.problem }).toEqual({
    ...fieldsOf(parser),
    problem: parser.problem,
  });
});

it('calls base64 that is not whole bad', () => {
  const decoder = new FrameDecoder();
  for (const data of ['A?ID', 'AQ==AQID', 'AQI', 'AQ ID']) {
    expect(decoder.decode(Buffer.from(frameText(FIRST, AGAVE).replace('AQID', data)))).toBe('bad');
  }
});

it('never throws on bytes that are no frame, and calls them bad', () => {
  const decoder = new FrameDecoder();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => decoder.decode(Buffer.from(bytes)) === 'bad'),
  );
});

it('hands out bytes of its own, which the next frame does not change', () => {
  const decoder = new FrameDecoder();
  decoder.decode(Buffer.from(frameText(FIRST, AGAVE)));
  const first = decoder.account;
  decoder.decode(Buffer.from(frameText({ ...FIRST, data: Uint8Array.of(7, 8, 9) }, AGAVE)));
  expect(first?.data).toEqual(Uint8Array.of(1, 2, 3));
  const copy = first?.data.slice();
  copy?.fill(0);
  expect(first?.data).toEqual(Uint8Array.of(1, 2, 3));
});

it.each([
  ['{"jsonrpc":"2.0","result":7,"id":3}', 'reply'],
  ['{"jsonrpc":"2.0","error":{"code":-32602,"message":"bad"},"id":3}', 'reply'],
  ['{"jsonrpc":"2.0","error":{"code":-32700,"message":"parse"},"id":null}', 'reply'],
  ['{"jsonrpc":"2.0","error":{"code":"x","message":"bad"},"id":3}', 'bad'],
  ['{"jsonrpc":"2.0","result":7,"id":"3"}', 'bad'],
  ['{"jsonrpc":"2.0","method":"rootNotification","params":{"result":1,"subscription":2}}', 'other'],
  [
    '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":5,"parent":4,"root":1},"subscription":2}}',
    'slot',
  ],
  ['{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":5},"subscription":2}}', 'bad'],
  ['{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":5,"parent":4}}}', 'bad'],
  [
    '{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":5},"value":null},"subscription":2}}',
    'account',
  ],
  ['{"jsonrpc":"1.0","method":"slotNotification"}', 'bad'],
  ['[]', 'bad'],
])('takes %s for %s', (text, kind) => {
  expect(new FrameDecoder().decode(Buffer.from(text))).toBe(kind);
});

it('does not let a small zstd frame grow beyond what an account can hold', () => {
  const bomb = frameText({ ...FIRST, data: new Uint8Array(11 * 1024 * 1024) }, AGAVE, 'base64+zstd');
  const decoder = new FrameDecoder();
  expect(decoder.decode(Buffer.from(bomb))).toBe('bad');
  expect(decoder.problem).toMatch(/not zstd|longer than/);
});

it.each(['9007199254740993', '18446744073709551615'])('keeps every digit of subscription id %s', (id) => {
  const decoder = new FrameDecoder();
  const frame = (text: string) => decoder.decode(Buffer.from(text));
  expect(frame(`{"jsonrpc":"2.0","result":${id},"id":1}`)).toBe('reply');
  expect(subscriptionId(decoder.replyResult)).toBe(BigInt(id));
  const value =
    '{"lamports":5,"data":["AQ==","base64"],"owner":"11111111111111111111111111111111","executable":false,"rentEpoch":0,"space":1}';
  const head = '{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":';
  expect(frame(`${head}7},"value":${value}},"subscription":${id}}}`)).toBe('account');
  expect(decoder.parsedFrames).toBe(1);
  expect(decoder.subscription).toBe(BigInt(id));
  const slot = `{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"parent":6,"root":1,"slot":7},"subscription":${id}}}`;
  expect(frame(slot)).toBe('slot');
  expect(decoder.subscription).toBe(BigInt(id));
  expect(requestJson(3, 'accountUnsubscribe', [BigInt(id)])).toBe(
    `{"jsonrpc":"2.0","id":3,"method":"accountUnsubscribe","params":[${id}]}`,
  );
});
