import { describe, expect, it } from 'vitest';
import { readRelaySettings } from './relay-settings.ts';

const ACCOUNT = '4ACfpUFoaSD9bfPdeu6DBt89gB6ENTeHBXCAi87NhDEE';

function problem(value: unknown): string {
  try {
    readRelaySettings(value);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'relays-invalid' });
    return (thrown as Error).message;
  }
  throw new Error('it was taken');
}

describe('the settings of relays', () => {
  it('are Jito, Helius Sender and plain RPC where nothing is configured', () => {
    const [jito, helius, rpc] = readRelaySettings();
    expect(jito).toMatchObject({
      name: 'jito',
      protocol: 'jito-bundle',
      minimumTipLamports: 1_000n,
      requestsPerSecond: 1,
      revertProtected: true,
      versions: ['legacy', 0],
    });
    expect(Object.keys(jito!.regions)).toHaveLength(8);
    expect(jito!.regions.ny).toBe('https://ny.mainnet.block-engine.jito.wtf');
    expect(jito!.tipAccounts).toHaveLength(8);
    expect(helius).toMatchObject({
      minimumTipLamports: 1_000_000n,
      revertProtected: false,
      swqosOnly: false,
    });
    expect(helius!.tipAccounts).toHaveLength(10);
    expect(rpc).toMatchObject({ regions: {}, tipAccounts: [], minimumTipLamports: 0n });
  });

  it('let the smaller tip of staked connections be chosen', () => {
    const entry = { name: 'cheap', protocol: 'helius-sender', swqosOnly: true };
    expect(readRelaySettings([entry])[0]).toMatchObject({ minimumTipLamports: 5_000n, swqosOnly: true });
  });

  it.each<[string, unknown, RegExp]>([
    ['no list', {}, /^relays must be a list of relays \(given: object\)$/],
    ['a protocol that nobody speaks', [{ name: 'a', protocol: 'jitto' }], /relays\[0\]\.protocol .*"jitto"/],
    [
      'a key that is none',
      [{ name: 'a', protocol: 'rpc', tips: 1 }],
      /relays\[0\]\.tips is not known; a relay has name, protocol, regions/,
    ],
    [
      'a name with blanks',
      [{ name: 'a b', protocol: 'rpc' }],
      /relays\[0\]\.name must be of lower-case letters.*"a b"/,
    ],
    [
      'a name twice',
      [
        { name: 'a', protocol: 'rpc' },
        { name: 'a', protocol: 'jito-bundle' },
      ],
      /relays\[1\]\.name must differ.*"a"/,
    ],
    [
      'no http address',
      [{ name: 'a', protocol: 'jito-bundle', regions: { ny: 'ftp://x' } }],
      /relays\[0\]\.regions\.ny must be an http/,
    ],
    [
      'no region',
      [{ name: 'a', protocol: 'jito-bundle', regions: {} }],
      /relays\[0\]\.regions must name at least one region/,
    ],
    [
      'no address for a tip account',
      [{ name: 'a', protocol: 'jito-bundle', tipAccounts: ['x'] }],
      /relays\[0\]\.tipAccounts\[0\] must be base58 of 32 bytes \(given: "x"\)/,
    ],
    [
      'no tip account',
      [{ name: 'a', protocol: 'jito-bundle', tipAccounts: [] }],
      /tipAccounts must name at least one/,
    ],
    [
      'a tip account twice',
      [{ name: 'a', protocol: 'jito-bundle', tipAccounts: [ACCOUNT, ACCOUNT] }],
      /tipAccounts names an account twice/,
    ],
    [
      'a tip below the relay’s own',
      [{ name: 'a', protocol: 'jito-bundle', minimumTipLamports: 999 }],
      /minimumTipLamports must be at least 1000.*\(given: 999\)/,
    ],
    [
      'half a lamport',
      [{ name: 'a', protocol: 'jito-bundle', minimumTipLamports: 1_000.5 }],
      /minimumTipLamports/,
    ],
    ['no rate', [{ name: 'a', protocol: 'jito-bundle', requestsPerSecond: 0 }], /requestsPerSecond/],
    [
      'regions of the RPC',
      [{ name: 'a', protocol: 'rpc', regions: { x: 'http://x' } }],
      /regions is not for protocol rpc/,
    ],
    [
      'a tip of the RPC',
      [{ name: 'a', protocol: 'rpc', minimumTipLamports: 1 }],
      /minimumTipLamports is not for protocol rpc/,
    ],
    [
      'staked connections of Jito',
      [{ name: 'a', protocol: 'jito-bundle', swqosOnly: true }],
      /swqosOnly is not for protocol jito-bundle/,
    ],
    [
      'a token in the open',
      [{ name: 'a', protocol: 'helius-sender', token: 'S3CRET' }],
      /regions\.slc would send the token unencrypted: give an https/,
    ],
    [
      'a key of the wrong length',
      [{ name: 'a', protocol: 'jito-grpc', token: 'S3CRET' }],
      /token must be the key that Jito has admitted, 32 or 64 bytes in base58 \(given: \*\*\*\*\)/,
    ],
  ])('that have %s are refused by name, with the way out', (_, value, message) => {
    expect(problem(value)).toMatch(message);
  });

  it('never tell a token or what stands in an address', () => {
    const given = { name: 'a', protocol: 'jito-bundle', token: 7, regions: { ny: 'ws://x/S3CRET' } };
    expect(problem([given])).not.toMatch(/S3CRET/);
    expect(problem([{ name: 'a', protocol: 'jito-bundle', token: { S3CRET: 1 } }])).not.toMatch(/S3CRET/);
  });
});
