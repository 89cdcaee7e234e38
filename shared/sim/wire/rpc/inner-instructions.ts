import bs58 from 'bs58';
import type { BankTransaction, ExecutionResult, InnerInstruction } from '../../chain/transaction.ts';
import type { Json } from './json-text.ts';

/**
 * What a transaction's instructions invoked, grouped as a validator does. One that names an account which the message
 * does not (the mint that a transfer here is always checked against) has no index to name it by, and is left out.
 */
export function innerInstructions(transaction: BankTransaction, result: ExecutionResult): Json {
  const { accountKeys } = transaction;
  const groups = new Map<number, Json[]>();
  for (const inner of result.inner) {
    const json = innerJson(accountKeys, inner);
    if (json === undefined) continue;
    const group = groups.get(inner.index);
    if (group === undefined) groups.set(inner.index, [json]);
    else group.push(json);
  }
  return [...groups].map(([index, instructions]) => ({ index, instructions }));
}

function innerJson(
  keys: BankTransaction['accountKeys'],
  { instruction, stackHeight }: InnerInstruction,
): Json | undefined {
  const accounts = instruction.accounts.map(({ address }) => keys.indexOf(address));
  const programIdIndex = keys.indexOf(instruction.programId);
  if (programIdIndex < 0 || accounts.includes(-1)) return undefined;
  return { accounts, data: bs58.encode(instruction.data), programIdIndex, stackHeight };
}
