import { type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { type Address, addressAt, CLOCK_SYSVAR, SYSTEM_PROGRAM } from '../../core/address.ts';
import {
  type GeyserRequest,
  type GeyserUpdate,
  geyserService,
} from '../../platform/feed/wire/yellowstone/service.ts';
import { createBank } from '../chain/bank.ts';
import { startYellowstoneServer, type YellowstoneServer } from './yellowstone-server.ts';

const ACCOUNT: Address = addressAt(new Uint8Array(32).fill(9));
const OTHER: Address = addressAt(new Uint8Array(32).fill(8));

let server: YellowstoneServer | undefined;
let close: (() => void) | undefined;

afterEach(async () => {
  close?.();
  await server?.stop();
});

async function connected(token?: string) {
  const bank = createBank({ startSlot: 500, startUnixTimestamp: 1_700_000_000 });
  server = await startYellowstoneServer({ bank, ...(token === undefined ? {} : { token: 'secret' }) });
  const client = new (geyserService().Client)(new URL(server.grpcUrl).host, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('x-token', token);
  const subscribe = client.Subscribe!.bind(client) as unknown as (
    metadata: Metadata,
  ) => ClientDuplexStream<GeyserRequest, GeyserUpdate>;
  const stream = subscribe(metadata);
  const heard: GeyserUpdate[] = [];
  let failure = '';
  stream.on('data', (update: GeyserUpdate) => heard.push(update));
  stream.on('error', (error: Error) => {
    failure = error.message;
  });
  close = () => {
    stream.cancel();
    client.close();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    for (let i = 0; i < 400 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(holds()).toBe(true);
  };
  const write = (address: Address, byte: number): void =>
    bank.set({ address, account: { owner: SYSTEM_PROGRAM, lamports: 5n, data: Uint8Array.of(byte) } });
  bank.advanceSlot();
  return { bank, stream, heard, until, write, failure: () => failure };
}

describe('the Yellowstone interface of a bank', () => {
  test('tells the accounts that were asked for, then that their slot is over', async () => {
    const { bank, stream, heard, until, write } = await connected();
    stream.write({ accounts: { mine: { account: [ACCOUNT] } }, slots: { all: {} }, ping: { id: 3 } });
    await until(() => heard.length === 1);
    expect(heard[0]?.pong).toEqual({ id: 3 });
    write(ACCOUNT, 7);
    write(OTHER, 1);
    bank.advanceSlot();
    await until(() => heard.length === 4);
    expect(heard[1]?.account).toMatchObject({ slot: '501', account: { lamports: '5', data: Buffer.of(7) } });
    expect(addressAt(heard[1]!.account!.account!.pubkey)).toBe(ACCOUNT);
    expect(heard.slice(2).map(({ slot }) => [slot?.slot, slot?.status])).toEqual([
      ['501', 'SLOT_PROCESSED'],
      ['502', 'SLOT_CREATED_BANK'],
    ]);
  });

  test('takes a later request in place of the one before; a ping alone changes nothing', async () => {
    const { bank, stream, heard, until, write } = await connected();
    stream.write({ accounts: { mine: { account: [ACCOUNT] } }, ping: { id: 1 } });
    stream.write({ accounts: { mine: { account: [OTHER] } } });
    stream.write({ ping: { id: 2 } });
    await until(() => heard.length === 2);
    write(ACCOUNT, 1);
    write(OTHER, 2);
    bank.advanceSlot();
    await until(() => heard.length === 3);
    expect(heard[2]?.account?.account?.data).toEqual(Buffer.of(2));
  });

  test('tells the clock of every slot', async () => {
    const { bank, stream, heard, until } = await connected();
    stream.write({ accounts: { mine: { account: [CLOCK_SYSVAR] } }, ping: { id: 1 } });
    await until(() => heard.length === 1);
    bank.advanceSlot();
    bank.advanceSlot();
    await until(() => heard.length === 3);
    expect(heard.slice(1).map(({ account }) => account?.slot)).toEqual(['501', '502']);
  });

  test('turns away who has no token, and what is no address', async () => {
    const stranger = await connected('wrong');
    await stranger.until(() => stranger.failure().includes('UNAUTHENTICATED'));
    close?.();
    await server?.stop();
    const { stream, until, failure } = await connected('secret');
    stream.write({ accounts: { mine: { account: ['nonsense'] } } });
    await until(() => failure().includes('Invalid Base58'));
  });
});
