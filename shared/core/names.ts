/**
 * Names that the program and its infrastructure must agree on. The Pulumi program imports this file and no other,
 * so it holds constants only.
 */

/** Deployables by name: the Cloud Run service and the value of `FUNCTION_TARGET` that starts it. */
export const SERVICES = { streamer: 'streamer' } as const;

/** Secret Manager ids. Values never pass through the infrastructure code. */
export const SECRETS = { rpcUrl: 'arb-rpc-url', controlToken: 'arb-control-token' } as const;

/** Where every service answers 200 while it is alive. Not /healthz, which Cloud Run's front end answers by itself. */
export const HEALTH_PATH = '/livez';
