import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** A function that an entry point gives out, with the code of its `@example`; '' when it has none. */
export interface Exported {
  readonly entry: string;
  readonly name: string;
  readonly example: string;
}

/** Every function that the entry point at `path` gives out by name. */
export function exportedFunctions(root: string, path: string): Exported[] {
  return parse(root, path).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
    const from = posix.join(posix.dirname(path), (moduleSpecifier as ts.StringLiteral).text);
    const declared = parse(root, from).statements.filter(ts.isFunctionDeclaration);
    return exportClause.elements.flatMap(({ name, isTypeOnly }) => {
      const found = declared.find((one) => one.name?.text === name.text);
      if (isTypeOnly || found === undefined) return [];
      return [{ entry: path, name: name.text, example: exampleOf(found) }];
    });
  });
}

/** The code with every line `x; // → y` made a check that x is y. Expects a `check` that takes both. */
export function checked(example: string): string {
  return example.replaceAll(/^( *)(.+); \/\/ → (.+)$/gm, '$1check($2, $3);');
}

/** The first block of TypeScript below a heading of a Markdown text. */
export function firstBlock(markdown: string, heading: string): string {
  const section = markdown.slice(markdown.indexOf(`\n${heading}\n`));
  return /```ts\n([^`]+|`(?!``))*?```/.exec(section)?.[0].replace(/^```ts\n|```$/g, '') ?? '';
}

function exampleOf(declaration: ts.FunctionDeclaration): string {
  const tag = ts.getJSDocTags(declaration).find(({ tagName }) => tagName.text === 'example');
  const text = ts.getTextOfJSDocComment(tag?.comment) ?? '';
  return /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
}

function parse(root: string, path: string): ts.SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}
