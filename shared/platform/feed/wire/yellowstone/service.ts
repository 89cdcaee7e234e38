import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** What the `.proto` file of the Yellowstone gRPC interface (Helius LaserStream, Triton) makes of it. */
export interface GeyserService {
  readonly Client: ServiceClientConstructor;
  readonly definition: ServiceDefinition;
}

let loaded: GeyserService | undefined;

/** The service, read from the package that ships its definition. 64-bit numbers are decimal texts, enums are names. */
export function geyserService(): GeyserService {
  if (loaded !== undefined) return loaded;
  const folder = dirname(createRequire(import.meta.url).resolve('laserstream-core-proto-js/package.json'));
  const types = loadSync(join(folder, 'geyser.proto'), {
    includeDirs: [folder],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const { geyser } = loadPackageDefinition(types) as unknown as {
    readonly geyser: { readonly Geyser: ServiceClientConstructor };
  };
  loaded = { Client: geyser.Geyser, definition: geyser.Geyser.service };
  return loaded;
}

/** A request on the subscription's stream: the whole of what is wanted, or a ping alone. */
export interface GeyserRequest {
  readonly accounts?: Readonly<Record<string, { readonly account: readonly string[] }>>;
  readonly slots?: Readonly<
    Record<string, { readonly interslotUpdates?: boolean; readonly filterByCommitment?: boolean }>
  >;
  readonly commitment?: 'PROCESSED' | 'CONFIRMED' | 'FINALIZED';
  readonly ping?: { readonly id: number };
}

export interface GeyserAccount {
  readonly pubkey: Buffer;
  readonly lamports: string;
  readonly owner: Buffer;
  readonly data: Buffer;
  readonly writeVersion: string;
}

/** One update. `updateOneof` names the field that is set. */
export interface GeyserUpdate {
  readonly updateOneof?: string;
  readonly account?: { readonly slot: string; readonly account: GeyserAccount | null } | null;
  readonly slot?: { readonly slot: string; readonly parent?: string; readonly status: string } | null;
  readonly pong?: { readonly id: number } | null;
}
