import type { ProgramRules } from '../program-rules.ts';

/**
 * The source until August 2025 never reads a pool's dynamic fee, the token that its fee is taken in, or the limit orders
 * on its ticks; that since September 2025 (c678919) does.
 */
export const RULES_OF_STATIC_FEE = 'static-fee';
export const RULES_OF_DYNAMIC_FEE = 'dynamic-fee';

export const PROGRAM_RULES: ProgramRules = {
  sets: [RULES_OF_STATIC_FEE, RULES_OF_DYNAMIC_FEE],
  proven: {
    e7c743d885e55ef880493144974638088b6bc8a33f05c2fa063914c39f7c505f: RULES_OF_STATIC_FEE,
    '92f842e87504c37c78129ba76a90e7fa8db2da21cc1485f9aa0b5589d356ce93': RULES_OF_STATIC_FEE,
    // What stands for it on the local chain.
    dc1777c90cb2f4b93564dfc3d9f02067ed5ee6d1016f6f36693ee81fc0326cd2: RULES_OF_DYNAMIC_FEE,
  },
};
