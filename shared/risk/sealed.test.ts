import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const HEAD = `
import { type Approved, type OrderTerms, termsOf } from './approve.ts';
import type { Opportunity } from '../routing/opportunity.ts';
declare const approved: Approved;
declare const terms: OrderTerms;
declare const other: Opportunity;
declare function execute(order: Approved): void;
`;
/** What nobody may write, and the number of the error that keeps it from compiling. */
const FORGERIES: Readonly<Record<string, string>> = {
  forged: 'execute({ opportunity: other, minAmountOut: 0n } as Approved);',
  'forged whole': 'execute({ ...terms, minAmountOut: 0n } as Approved);',
  unsealed: 'execute({ ...terms });',
  loosened: 'execute({ ...approved, minAmountOut: 0n });',
  'loosened by a cast': 'execute({ ...approved, minAmountOut: 0n } as Approved);',
  're-aimed': 'execute({ ...approved, opportunity: other });',
  're-aimed by a cast': 'execute({ ...approved, opportunity: other } as Approved);',
  'loosened in place': 'termsOf(approved).minAmountOut = 0n;',
  're-aimed in a leg': 'termsOf(approved).opportunity.legs[0]!.amountIn = 1n;',
  unapproved: 'execute(other);',
  'made by itself': 'execute(new approved.constructor());',
};

function errorsOf(sources: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    allowImportingTsExtensions: true,
    noUncheckedIndexedAccess: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) => {
    const text = sources.get(name);
    return text === undefined
      ? getSourceFile(name, target, ...rest)
      : ts.createSourceFile(name, text, target);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return new Map(
    [...sources.keys()].map((name) => {
      const file = program.getSourceFile(name)!;
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))];
    }),
  );
}

it('an order that approve has not made does not compile as one: forged, loosened or re-aimed', {
  timeout: 120_000,
}, () => {
  const nameOf = (what: string): string => `${FOLDER}sealed-${what.replaceAll(' ', '-')}.ts`;
  const sources = new Map(Object.entries(FORGERIES).map(([what, text]) => [nameOf(what), HEAD + text]));
  sources.set(nameOf('honest'), `${HEAD}execute(approved);`);
  const errors = errorsOf(sources);
  expect(errors.get(nameOf('honest'))).toEqual([]);
  for (const what of Object.keys(FORGERIES)) {
    expect([what, errors.get(nameOf(what))]).toEqual([
      what,
      [expect.stringMatching(/SealedOrder|read-only|not constructable/)],
    ]);
  }
});
