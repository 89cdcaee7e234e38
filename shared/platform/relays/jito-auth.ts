import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import bs58 from 'bs58';
import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { UnaryCall } from './grpc-call.ts';

/** The right to speak to a block engine, kept fresh. */
export interface JitoAuth {
  /** The token to send, asked for anew where it is about to expire. Throws ArbError `rpc-…`: nothing else was sent then. */
  token(deadlineMicros: number): Promise<string>;
  /** The token was not taken: it is not sent again. */
  refused(): void;
}

interface WireToken {
  readonly value: string;
  readonly expiresAtUtc: { readonly seconds: string } | null;
}

const SEARCHER = 1;
/** Asked for anew so long before its end. */
const EARLY_MS = 10_000;
/** PKCS #8 of an ed25519 key without the key itself. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * By the key that Jito has admitted: never the wallet's. `secret`: its 32 bytes, or those and its public key. Throws
 * `jito-key-invalid`.
 */
export function createJitoAuth(secret: Uint8Array, call: UnaryCall, clock: Clock): JitoAuth {
  if (secret.length !== 32 && secret.length !== 64) {
    const message = `the key for Jito must be 32 bytes, or 64 with its public key, and has ${secret.length}`;
    throw new ArbError('jito-key-invalid', message, { bytes: secret.length });
  }
  const der = Buffer.concat([PKCS8_PREFIX, secret.subarray(0, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const pubkey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  let access: WireToken | undefined;
  let refresh: WireToken | undefined;
  let asking: Promise<string> | undefined;

  async function ask(deadlineMicros: number): Promise<string> {
    if (isFresh(refresh)) {
      try {
        const asked = { refreshToken: refresh.value };
        const answer = (await call('RefreshAccessToken', asked, deadlineMicros)) as {
          readonly accessToken: WireToken | null;
        };
        return take(answer.accessToken);
      } catch (thrown) {
        // It may have been revoked: the key still proves who we are.
        if (!(thrown instanceof ArbError)) throw thrown;
        refresh = undefined;
      }
    }
    const first = { role: SEARCHER, pubkey };
    const { challenge } = (await call('GenerateAuthChallenge', first, deadlineMicros)) as {
      readonly challenge: string;
    };
    // With our own key before it, what is signed can be nothing else of value.
    const text = `${bs58.encode(pubkey)}-${challenge}`;
    const signedChallenge = sign(null, Buffer.from(text), key);
    const asked = { challenge: text, clientPubkey: pubkey, signedChallenge };
    const tokens = (await call('GenerateAuthTokens', asked, deadlineMicros)) as {
      readonly accessToken: WireToken | null;
      readonly refreshToken: WireToken | null;
    };
    refresh = tokens.refreshToken ?? undefined;
    return take(tokens.accessToken);
  }

  function take(token: WireToken | null): string {
    if (token === null || token.value === '' || !isFresh(token)) {
      throw new ArbError('rpc-bad-answer', 'the block engine gave no token that holds', {
        problem: 'no token that holds',
        unsent: true,
      });
    }
    access = token;
    return token.value;
  }

  function isFresh(token: WireToken | undefined): token is WireToken {
    return Number(token?.expiresAtUtc?.seconds ?? 0) * 1_000 > clock.nowMs() + EARLY_MS;
  }

  return {
    token(deadlineMicros) {
      if (isFresh(access)) return Promise.resolve(access.value);
      asking ??= ask(deadlineMicros).finally(() => {
        asking = undefined;
      });
      return asking;
    },
    refused() {
      access = undefined;
    },
  };
}
