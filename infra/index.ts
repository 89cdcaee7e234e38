/**
 * The system in Google Cloud, read from the top:
 *
 *   check (tests; may do nothing else)
 *   build --push--> Artifact Registry --image--> streamer (Cloud Run, one instance) --> Solana RPC
 *   deploy, of what was checked --- rolls out ------^      ^
 *                                                  Secret Manager (RPC URL, control token)
 */
import * as gcp from '@pulumi/gcp';
import { HEALTH_PATH, SECRETS, SERVICES } from '../shared/core/names.ts';
import { AlwaysOnService } from './components/always-on-service.ts';
import { Delivery } from './components/delivery.ts';
import { ImageRepository } from './components/image-repository.ts';
import { ProjectApis } from './components/project-apis.ts';
import { Secret } from './components/secret.ts';
import { loadSettings } from './config.ts';

const settings = loadSettings();
const { project, region } = settings;

const apis = new ProjectApis('apis', [
  'artifactregistry.googleapis.com',
  'cloudbuild.googleapis.com',
  'iam.googleapis.com',
  'run.googleapis.com',
  'secretmanager.googleapis.com',
]);
const afterApis = { dependsOn: [...apis.enabled] };

const images = new ImageRepository('arb', region, afterApis);
const rpcUrl = new Secret(SECRETS.rpcUrl, afterApis);

const account = new gcp.serviceaccount.Account(
  SERVICES.streamer,
  { accountId: `arb-${SERVICES.streamer}`, displayName: 'Runs the streamer' },
  afterApis,
);
const mayReadUrl = rpcUrl.allowReading(SERVICES.streamer, account);
const controlToken =
  settings.controlSecretVersion === null ? null : new Secret(SECRETS.controlToken, afterApis);
const mayReadToken = controlToken?.allowReading(SERVICES.streamer, account);

const streamer =
  settings.image === null
    ? null
    : new AlwaysOnService(
        SERVICES.streamer,
        {
          region,
          image: settings.image,
          account,
          cpu: settings.cpu,
          memory: settings.memory,
          healthPath: HEALTH_PATH,
          invokers: settings.viewers,
          variables: {
            FUNCTION_TARGET: SERVICES.streamer,
            ARB_MODE: 'paper',
            ARB_MARKET: 'live',
            ARB_UNIVERSE_POOLS: settings.pools,
            ARB_RPC_URL: { secret: rpcUrl, version: settings.rpcSecretVersion },
            // The page's own address.
            ARB_SERVER_ALLOWED_HOSTS: '.run.app',
            ...(controlToken === null || settings.controlSecretVersion === null
              ? {}
              : {
                  ARB_SERVER_CONTROL_TOKEN: { secret: controlToken, version: settings.controlSecretVersion },
                  // The store does not outlive the instance: a pause that was lost must not become trading.
                  ARB_STORE_WHEN_NEW: 'pause',
                }),
          },
        },
        { dependsOn: [...apis.enabled, mayReadUrl, ...(mayReadToken === undefined ? [] : [mayReadToken])] },
      );

const delivery = new Delivery(
  'delivery',
  { project, region, images, target: streamer === null ? null : { service: streamer, account } },
  afterApis,
);

/** Append an image name and push there. */
export const imageRepository = images.url;
/** The service accounts of the three builds. */
export const checkerAccount = delivery.checker.email;
export const builderAccount = delivery.builder.email;
export const deployerAccount = delivery.deployer.email;
export const streamerUri =
  streamer === null ? 'not deployed: push an image, then set image' : streamer.service.uri;
