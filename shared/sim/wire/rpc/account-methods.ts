import type { AccountBytes, AccountWrite } from '../../../core/account.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../../core/address.ts';
import { decodeTokenAccount } from '../../../venues/token/token.ts';
import type { Bank } from '../../chain/bank.ts';
import type { AccountsView } from '../../chain/ledger.ts';
import { mintDecimals } from '../../chain/token-balances.ts';
import { type AccountFormat, checkBase58, encodeAccount, readAccountFormat } from './account-encoding.ts';
import { contextSlot, inContext } from './context.ts';
import type { RpcMethods } from './dispatch.ts';
import type { Json } from './json-text.ts';
import { config, flag, list, needParams, pubkey } from './params.ts';
import { uiTokenAmount } from './parsed-token.ts';
import { passes, readFilters } from './program-filters.ts';
import { invalidParams } from './rpc-error.ts';

const MAX_MULTIPLE_ACCOUNTS = 100;

/** The methods that read accounts. Each answers from the accounts as its context slot left them. */
export function accountMethods(bank: Bank): RpcMethods {
  return new Map([
    ['getAccountInfo', (params: readonly unknown[]) => getAccountInfo(bank, params)],
    ['getMultipleAccounts', (params: readonly unknown[]) => getMultipleAccounts(bank, params)],
    ['getProgramAccounts', (params: readonly unknown[]) => getProgramAccounts(bank, params)],
    ['getBalance', (params: readonly unknown[]) => getBalance(bank, params)],
    ['getTokenAccountBalance', (params: readonly unknown[]) => getTokenAccountBalance(bank, params)],
    ['getTokenAccountsByOwner', (params: readonly unknown[]) => getTokenAccountsByOwner(bank, params)],
  ]);
}

function encodeOrNull(account: AccountBytes | null, format: AccountFormat, accounts: AccountsView): Json {
  if (account === null) return null;
  checkBase58(account, format);
  return encodeAccount(account, format, accounts);
}

function getAccountInfo(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const address = pubkey(params[0]);
  const settings = config(params[1]);
  const format = readAccountFormat(settings);
  const slot = contextSlot(bank, settings);
  const accounts = bank.at(slot);
  return inContext(slot, encodeOrNull(accounts.get(address), format, accounts));
}

function getMultipleAccounts(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const keys = list(params[0]);
  if (keys.length > MAX_MULTIPLE_ACCOUNTS) {
    throw invalidParams(`Too many inputs provided; max ${MAX_MULTIPLE_ACCOUNTS}`);
  }
  const addresses = keys.map(pubkey);
  const settings = config(params[1]);
  const format = readAccountFormat(settings, 'base64');
  const slot = contextSlot(bank, settings);
  const accounts = bank.at(slot);
  return inContext(
    slot,
    addresses.map((address) => encodeOrNull(accounts.get(address), format, accounts)),
  );
}

function getProgramAccounts(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const owner = pubkey(params[0]);
  const settings = config(params[1]);
  const format = readAccountFormat(settings);
  const filters = readFilters(settings);
  const withContext = flag(settings.withContext, false);
  const slot = contextSlot(bank, settings);
  const accounts = bank.at(slot);
  const found = accounts.programAccounts(owner).filter(({ account }) => passes(account, filters));
  const value = keyed(found, format, accounts);
  return withContext ? inContext(slot, value) : value;
}

function keyed(found: readonly AccountWrite[], format: AccountFormat, accounts: AccountsView): Json {
  return found.map(({ address, account }) => ({
    account: encodeOrNull(account, format, accounts),
    pubkey: address,
  }));
}

function getBalance(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const address = pubkey(params[0]);
  const slot = contextSlot(bank, config(params[1]));
  return inContext(slot, bank.at(slot).get(address)?.lamports ?? 0n);
}

function getTokenAccountBalance(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const address = pubkey(params[0]);
  const slot = contextSlot(bank, config(params[1]));
  const accounts = bank.at(slot);
  const account = accounts.get(address);
  if (account === null) throw invalidParams('Invalid param: could not find account');
  const token = decodeTokenAccount(account);
  if (!token.ok) throw invalidParams('Invalid param: not a Token account');
  const decimals = mintDecimals(token.value.mint, accounts.get);
  return inContext(slot, uiTokenAmount(token.value.amount, decimals));
}

function getTokenAccountsByOwner(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 2);
  const owner = pubkey(params[0]);
  const filter = config(params[1]);
  const settings = config(params[2]);
  const format = readAccountFormat(settings);
  const slot = contextSlot(bank, settings);
  const accounts = bank.at(slot);
  const { programs, mint } = tokenFilter(filter, accounts);
  const found: AccountWrite[] = [];
  for (const program of programs) {
    for (const write of accounts.programAccounts(program)) {
      const token = decodeTokenAccount(write.account);
      if (!token.ok || token.value.owner !== owner) continue;
      if (mint === undefined || token.value.mint === mint) found.push(write);
    }
  }
  return inContext(slot, keyed(found, format, accounts));
}

function tokenFilter(filter: Readonly<Record<string, unknown>>, accounts: AccountsView) {
  if (filter.mint !== undefined) {
    const mint = pubkey(filter.mint);
    const program = accounts.get(mint)?.owner;
    if (program === undefined) throw invalidParams('Invalid param: could not find mint');
    if (program !== TOKEN_PROGRAM && program !== TOKEN_2022_PROGRAM) {
      throw invalidParams('Invalid param: not a Token mint');
    }
    return { programs: [program], mint };
  }
  if (filter.programId === undefined) {
    throw invalidParams('Invalid params: expected `mint` or `programId`.');
  }
  const program = pubkey(filter.programId);
  if (program !== TOKEN_PROGRAM && program !== TOKEN_2022_PROGRAM) {
    throw invalidParams('Invalid param: unrecognized Token program id');
  }
  return { programs: [program], mint: undefined };
}
