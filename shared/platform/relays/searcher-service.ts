import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** A field of a message, by its number on the wire. */
function field(id: number, type: string, rule?: 'repeated') {
  return { id, type, ...(rule === undefined ? {} : { rule }) };
}

function message(fields: Readonly<Record<string, ReturnType<typeof field>>>, oneof?: string) {
  if (oneof === undefined) return { fields };
  return {
    fields,
    oneofs: { [oneof]: { oneof: Object.keys(fields).filter((name) => name !== 'bundleId') } },
  };
}

function method(requestType: string, responseType: string, responseStream = false) {
  return { requestType, responseType, ...(responseStream ? { responseStream } : {}) };
}

const bid = message({
  auctionId: field(1, 'string'),
  simulatedBidLamports: field(2, 'uint64'),
  msg: field(3, 'string'),
});
const words = message({ msg: field(1, 'string') });

/**
 * What is spoken of a block engine's gRPC interface: its names and numbers on the wire. What else its messages hold is
 * skipped in reading, and left out in writing.
 */
const INTERFACE = {
  nested: {
    auth: {
      nested: {
        ChallengeAsk: message({ role: field(1, 'int32'), pubkey: field(2, 'bytes') }),
        Challenge: message({ challenge: field(1, 'string') }),
        TokensAsk: message({
          challenge: field(1, 'string'),
          clientPubkey: field(2, 'bytes'),
          signedChallenge: field(3, 'bytes'),
        }),
        Time: message({ seconds: field(1, 'int64'), nanos: field(2, 'int32') }),
        Token: message({ value: field(1, 'string'), expiresAtUtc: field(2, 'Time') }),
        Tokens: message({ accessToken: field(1, 'Token'), refreshToken: field(2, 'Token') }),
        RefreshAsk: message({ refreshToken: field(1, 'string') }),
        Refreshed: message({ accessToken: field(1, 'Token') }),
        AuthService: {
          methods: {
            GenerateAuthChallenge: method('ChallengeAsk', 'Challenge'),
            GenerateAuthTokens: method('TokensAsk', 'Tokens'),
            RefreshAccessToken: method('RefreshAsk', 'Refreshed'),
          },
        },
      },
    },
    searcher: {
      nested: {
        Meta: message({ size: field(1, 'uint64') }),
        Packet: message({ data: field(1, 'bytes'), meta: field(2, 'Meta') }),
        Bundle: message({ packets: field(3, 'Packet', 'repeated') }),
        BundleAsk: message({ bundle: field(1, 'Bundle') }),
        BundleTaken: message({ uuid: field(1, 'string') }),
        Nothing: { fields: {} },
        Accounts: message({ accounts: field(1, 'string', 'repeated') }),
        LeaderAsk: message({ regions: field(1, 'string', 'repeated') }),
        Leader: message({
          currentSlot: field(1, 'uint64'),
          nextLeaderSlot: field(2, 'uint64'),
          nextLeaderIdentity: field(3, 'string'),
        }),
        Accepted: message({ slot: field(1, 'uint64'), validatorIdentity: field(2, 'string') }),
        Bid: bid,
        SimulationFailure: message({ txSignature: field(1, 'string'), msg: field(2, 'string') }),
        Words: words,
        Rejected: message(
          {
            stateAuctionBidRejected: field(1, 'Bid'),
            winningBatchBidRejected: field(2, 'Bid'),
            simulationFailure: field(3, 'SimulationFailure'),
            internalError: field(4, 'Words'),
            droppedBundle: field(5, 'Words'),
          },
          'reason',
        ),
        Processed: message({ validatorIdentity: field(1, 'string'), slot: field(2, 'uint64') }),
        Dropped: message({ reason: field(1, 'int32') }),
        BundleResult: message(
          {
            bundleId: field(1, 'string'),
            accepted: field(2, 'Accepted'),
            rejected: field(3, 'Rejected'),
            finalized: field(4, 'Nothing'),
            processed: field(5, 'Processed'),
            dropped: field(6, 'Dropped'),
          },
          'result',
        ),
        SearcherService: {
          methods: {
            SubscribeBundleResults: method('Nothing', 'BundleResult', true),
            SendBundle: method('BundleAsk', 'BundleTaken'),
            GetNextScheduledLeader: method('LeaderAsk', 'Leader'),
            GetTipAccounts: method('Nothing', 'Accounts'),
          },
        },
      },
    },
  },
};

export interface GrpcService {
  readonly Client: ServiceClientConstructor;
  readonly definition: ServiceDefinition;
}

let loaded: { readonly searcher: GrpcService; readonly auth: GrpcService } | undefined;

/** Both services of a block engine's gRPC interface. 64-bit numbers are decimal texts. */
export function searcherServices(): { readonly searcher: GrpcService; readonly auth: GrpcService } {
  if (loaded !== undefined) return loaded;
  const types = fromJSON(INTERFACE as unknown as Parameters<typeof fromJSON>[0], {
    longs: String,
    defaults: true,
    oneofs: true,
    keepCase: true,
  });
  const { searcher, auth } = loadPackageDefinition(types) as unknown as {
    readonly searcher: { readonly SearcherService: ServiceClientConstructor };
    readonly auth: { readonly AuthService: ServiceClientConstructor };
  };
  const service = (Client: ServiceClientConstructor): GrpcService => ({ Client, definition: Client.service });
  loaded = { searcher: service(searcher.SearcherService), auth: service(auth.AuthService) };
  return loaded;
}

/** One result as it comes: `result` names the member that is set, in `rejected` `reason` does. */
export interface WireBundleResult {
  readonly bundleId: string;
  readonly result?: string;
  readonly accepted?: { readonly slot: string; readonly validatorIdentity: string } | null;
  readonly rejected?: {
    readonly reason?: string;
    readonly stateAuctionBidRejected?: WireBid | null;
    readonly winningBatchBidRejected?: WireBid | null;
    readonly simulationFailure?: { readonly txSignature: string; readonly msg?: string } | null;
    readonly internalError?: { readonly msg: string } | null;
    readonly droppedBundle?: { readonly msg: string } | null;
  } | null;
  readonly finalized?: object | null;
  readonly processed?: { readonly validatorIdentity: string; readonly slot: string } | null;
  readonly dropped?: { readonly reason: number } | null;
}

interface WireBid {
  readonly auctionId: string;
  readonly simulatedBidLamports: string;
  readonly msg?: string;
}
