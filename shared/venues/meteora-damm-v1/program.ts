import type { Address } from '../../core/address.ts';

/** Meteora Dynamic AMM (MeteoraAg/damm-v1-sdk `programs/dynamic-amm`). Names of fields and errors are that program's. */
export const DAMM_V1_PROGRAM = 'Eo7WjKq67rjJQSZxS6z3YkapzY3eMj6Xy8X5EQVn5UaB' as Address;

/** The program that keeps the tokens of these pools (`programs/dynamic-vault`). */
export const DYNAMIC_VAULT_PROGRAM = '24Uqj9JCLxUeoC3hGfh5W3s9FM9uCHDS2SG3LYwBpyTi' as Address;

/** The base that vaults shared by all pools of a mint are derived from (damm-v1-sdk `constants.ts`). */
export const VAULT_BASE = 'HWzXGcGHy4tcpYfaRDCyLNzXqBTv3E6BttpCH2vJxArv' as Address;

/** The accounts that tell what a staked token is worth; an SPL stake pool is named by the pool itself. */
export const MARINADE_STATE = '8szGkuLTAux9XMgZ2vtY39jVSowEcpBfFfD8hXSEqdGC' as Address;
export const LIDO_STATE = '49Yi1TKkNyYjPAFdR9LBvoHcUjuPX4Df5T5yv39w2XTn' as Address;

/** Virtual prices are millionths of A per B. */
export const VIRTUAL_PRICE_ONE = 1_000_000n;
/** Seconds for which a swap takes the virtual price that an earlier one left in the pool. */
export const VIRTUAL_PRICE_LIFETIME = 600n;

/** The partner's share of the protocol fee is given in parts of this. */
export const PARTNER_FEE_DENOMINATOR = 100_000n;
/** Locked profit is freed each second by this part of it. */
export const DEGRADATION_DENOMINATOR = 1_000_000_000_000n;
