import { ArbError } from '../../../core/errors.ts';
import { COLOR, LEFT, nodeOffset, PARENT, RED, RIGHT } from '../book.ts';

/**
 * Takes nodes out of a tree of orders in place, leaving the links, colors and the list of free nodes as sokoban's
 * red-black tree does, byte for byte. Source: `red_black_tree.rs` and `node_allocator.rs`. Node 0 is no node: black,
 * without links, and writing to it does nothing. Only for trees that `readSide` has read.
 */
const BLACK = 0;
const ROOT_OFFSET = 0;
const SIZE_OFFSET = 16;
const FREE_HEAD_OFFSET = 28;
/** Steps from a leaf to the root and back, for a tree of 4,096 nodes: anything beyond is no tree. */
const MAX_STEPS = 64;

export interface OrderTree {
  readonly view: DataView;
  /** Where the tree begins in the view. */
  readonly offset: number;
}

function register(tree: OrderTree, node: number, part: number): number {
  return node === 0 ? 0 : tree.view.getUint32(nodeOffset(tree.offset, node) + part, true);
}

function setRegister(tree: OrderTree, node: number, part: number, value: number): void {
  if (node !== 0) tree.view.setUint32(nodeOffset(tree.offset, node) + part, value, true);
}

function rootOf(tree: OrderTree): number {
  return tree.view.getUint32(tree.offset + ROOT_OFFSET, true);
}

function setRoot(tree: OrderTree, node: number): void {
  tree.view.setUint32(tree.offset + ROOT_OFFSET, node, true);
}

const isRed = (tree: OrderTree, node: number): boolean => register(tree, node, COLOR) === RED;

function connect(tree: OrderTree, parent: number, child: number, direction: number): void {
  setRegister(tree, parent, direction, child);
  setRegister(tree, child, PARENT, parent);
}

const opposite = (direction: number): number => (direction === LEFT ? RIGHT : LEFT);

function directionOf(tree: OrderTree, parent: number, child: number): number {
  return register(tree, parent, LEFT) === child ? LEFT : RIGHT;
}

/** The node of the best order, or 0 when the side is empty. */
export function firstNode(tree: OrderTree): number {
  let node = rootOf(tree);
  for (let step = 0; step < MAX_STEPS; step++) {
    const left = register(tree, node, LEFT);
    if (left === 0) return node;
    node = left;
  }
  throw new ArbError('book-invalid', 'the tree of orders has no first node');
}

/** Removes the best order's node, which has no child on the left. The order's own bytes stay, as the program leaves them. */
export function removeFirst(tree: OrderTree, node: number): void {
  const { view, offset } = tree;
  const parent = register(tree, node, PARENT);
  const child = register(tree, node, RIGHT);
  const wasBlack = !isRed(tree, node);
  const direction = directionOf(tree, parent, node);
  if (parent === 0) {
    setRoot(tree, child);
    setRegister(tree, child, PARENT, 0);
  } else connect(tree, parent, child, direction);
  for (const part of [RIGHT, PARENT, COLOR]) setRegister(tree, node, part, 0);
  setRegister(tree, node, LEFT, view.getUint32(offset + FREE_HEAD_OFFSET, true));
  view.setUint32(offset + FREE_HEAD_OFFSET, node, true);
  view.setBigUint64(offset + SIZE_OFFSET, view.getBigUint64(offset + SIZE_OFFSET, true) - 1n, true);
  if (!wasBlack) return;
  if (parent === 0) setRegister(tree, child, COLOR, BLACK);
  else rebalance(tree, parent, direction);
}

/**
 * Restores the black height under `start` on the side `direction`, where one black node is missing. The program goes
 * through the first round even when the node that moved up is red and coloring it would do.
 */
function rebalance(tree: OrderTree, start: number, startDirection: number): void {
  let parent = start;
  let direction = startDirection;
  for (let step = 0; step < MAX_STEPS; step++) {
    const away = opposite(direction);
    let sibling = register(tree, parent, away);
    if (isRed(tree, sibling)) {
      setRegister(tree, sibling, COLOR, BLACK);
      setRegister(tree, parent, COLOR, RED);
      rotate(tree, parent, direction);
      sibling = register(tree, parent, away);
    }
    if (isRed(tree, register(tree, sibling, LEFT)) || isRed(tree, register(tree, sibling, RIGHT))) {
      if (!isRed(tree, register(tree, sibling, away))) {
        setRegister(tree, register(tree, sibling, direction), COLOR, BLACK);
        setRegister(tree, sibling, COLOR, RED);
        rotate(tree, sibling, away);
        sibling = register(tree, parent, away);
      }
      setRegister(tree, sibling, COLOR, register(tree, parent, COLOR));
      setRegister(tree, parent, COLOR, BLACK);
      setRegister(tree, register(tree, sibling, away), COLOR, BLACK);
      rotate(tree, parent, direction);
      setRegister(tree, rootOf(tree), COLOR, BLACK);
      return;
    }
    setRegister(tree, sibling, COLOR, RED);
    if (parent === rootOf(tree) || isRed(tree, parent)) {
      setRegister(tree, parent, COLOR, BLACK);
      return;
    }
    const child = parent;
    parent = register(tree, child, PARENT);
    direction = directionOf(tree, parent, child);
  }
  throw new ArbError('book-invalid', 'the tree of orders has no root');
}

/** Turns `parent` down to the side `direction`; its other child takes its place. */
function rotate(tree: OrderTree, parent: number, direction: number): void {
  const away = opposite(direction);
  const sibling = register(tree, parent, away);
  if (sibling === 0) return;
  const grandparent = register(tree, parent, PARENT);
  const place = directionOf(tree, grandparent, parent);
  connect(tree, parent, register(tree, sibling, direction), away);
  connect(tree, sibling, parent, direction);
  if (grandparent === 0) {
    setRegister(tree, sibling, PARENT, 0);
    setRoot(tree, sibling);
  } else connect(tree, grandparent, sibling, place);
}
