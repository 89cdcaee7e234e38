import ts from 'typescript';
import { SEALED_TYPES, WORLD_GLOBALS } from './rules.ts';

/** One thing a source file reaches for, at a 1-based line. */
export type Reach =
  | { readonly kind: 'import'; readonly line: number; readonly specifier: string }
  /** An import whose target is computed, so that nobody can check it. */
  | { readonly kind: 'computed-import'; readonly line: number }
  | { readonly kind: 'global'; readonly line: number; readonly name: string }
  /** A value that is said to be of a sealed type. */
  | { readonly kind: 'sealed-cast'; readonly line: number; readonly name: string }
  /** `whole` false when a variable is read out of it on the spot. */
  | { readonly kind: 'environment'; readonly line: number; readonly whole: boolean };

/**
 * Everything `text` reaches for, in source order: imports of every form (static, type-only, re-export, dynamic,
 * `import('x').T`, `require`), `process.env`, casts to sealed types, and the globals named in the rules. A name that the file declares
 * itself, anywhere, is not taken for the global of that name.
 */
export function reachesOf(path: string, text: string): Reach[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const declared = declaredNames(source);
  const found: Reach[] = [];
  const visit = (node: ts.Node): void => {
    const reach = importOf(node) ?? environmentOf(node) ?? castOf(node) ?? globalOf(node, declared);
    if (reach !== null) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push({ ...reach, line });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Unplaced<T> = T extends unknown ? Omit<T, 'line'> : never;

function importOf(node: ts.Node): Unplaced<Reach> | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return importTo(node.moduleSpecifier);
  if (ts.isImportTypeNode(node))
    return importTo(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node);
  if (!ts.isCallExpression(node)) return null;
  const dynamic = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const required = ts.isIdentifier(node.expression) && node.expression.text === 'require';
  return dynamic || required ? importTo(node.arguments[0] ?? node) : null;
}

function importTo(target: ts.Node | undefined): Unplaced<Reach> | null {
  if (target === undefined) return null;
  if (ts.isStringLiteralLike(target)) return { kind: 'import', specifier: target.text };
  return { kind: 'computed-import' };
}

function environmentOf(node: ts.Node): Unplaced<Reach> | null {
  if (ts.isImportDeclaration(node)) return null;
  if (ts.isImportSpecifier(node)) {
    const module = node.parent.parent.parent.moduleSpecifier;
    const fromProcess = ts.isStringLiteral(module) && module.text === 'node:process';
    return fromProcess && (node.propertyName ?? node.name).text === 'env'
      ? { kind: 'environment', whole: false }
      : null;
  }
  if (memberName(node) !== 'process.env') return null;
  const { parent } = node;
  const readHere =
    ((ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) &&
      parent.expression === node) ||
    (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name));
  return { kind: 'environment', whole: !readHere };
}

/** `x as Approved` and its kin: `<Approved>x`, `x as unknown as readonly Approved[]`, `x is Approved`. */
function castOf(node: ts.Node): Unplaced<Reach> | null {
  const casts = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node) || ts.isTypePredicateNode(node);
  if (!casts || node.type === undefined) return null;
  const name = sealedName(node.type);
  return name === undefined ? null : { kind: 'sealed-cast', name };
}

function sealedName(type: ts.Node): string | undefined {
  if (ts.isIdentifier(type)) return SEALED_TYPES.has(type.text) ? type.text : undefined;
  return ts.forEachChild(type, sealedName);
}

function globalOf(node: ts.Node, declared: ReadonlySet<string>): Unplaced<Reach> | null {
  if (ts.isImportSpecifier(node)) return randomImport(node);
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    const today = ts.isIdentifier(node.expression) && node.expression.text === 'Date';
    const fixed = ts.isNewExpression(node) && (node.arguments?.length ?? 0) > 0;
    return today && !fixed && !declared.has('Date') ? { kind: 'global', name: 'new Date()' } : null;
  }
  const member = memberName(node);
  if (member !== null) {
    const [owner = ''] = member.split('.');
    return WORLD_GLOBALS.has(member) && !declared.has(owner) ? { kind: 'global', name: member } : null;
  }
  if (!ts.isIdentifier(node) || !WORLD_GLOBALS.has(node.text) || declared.has(node.text)) return null;
  return isValueUse(node) ? { kind: 'global', name: node.text } : null;
}

/** `import { randomBytes } from 'node:crypto'` and its kin: chance by another door. */
function randomImport(node: ts.ImportSpecifier): Unplaced<Reach> | null {
  const module = node.parent.parent.parent.moduleSpecifier;
  const name = (node.propertyName ?? node.name).text;
  const random = /^(random|getRandom|webcrypto|generateKey)/.test(name);
  const fromCrypto = ts.isStringLiteral(module) && module.text === 'node:crypto';
  return fromCrypto && random ? { kind: 'global', name: `node:crypto's ${name}` } : null;
}

/** `a.b` and `a['b']` as 'a.b', with a leading `globalThis` dropped; null for anything else. */
function memberName(node: ts.Node): string | null {
  const access = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) ? node : null;
  if (access === null) return null;
  const last = ts.isPropertyAccessExpression(access)
    ? access.name.text
    : ts.isStringLiteralLike(access.argumentExpression)
      ? access.argumentExpression.text
      : null;
  if (last === null) return null;
  if (!ts.isIdentifier(access.expression)) {
    const owner = memberName(access.expression);
    return owner?.startsWith('globalThis.') === true ? `${owner.slice('globalThis.'.length)}.${last}` : null;
  }
  return `${access.expression.text}.${last}`;
}

/** False where the identifier only names a property, a key, a parameter or a type. */
function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && parent.expression.text === 'globalThis';
  }
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if ('name' in parent && parent.name === node) return false;
  return !ts.isTypeNode(parent) && !ts.isQualifiedName(parent) && !ts.isBindingElement(parent);
}

/** Names of variables, parameters, functions, classes and imported bindings, in any scope of the file. */
function declaredNames(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node) ||
      ts.isNamespaceImport(node);
    if (declares && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}
