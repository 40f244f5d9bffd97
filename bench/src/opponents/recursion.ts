import { shift } from '../bodies.ts';
import type { Bodies } from '../bodies.ts';
import { JOIN, LITERAL, MIX, SEED, SHIFT, SOURCE, STEP } from '../shapes.ts';
import type { Engine, Run } from './engine.ts';
import { nodesOf } from './nodes.ts';
import type { Node } from './nodes.ts';

/** Deeper graphs get an explicit stack in place of recursion. */
const STACK_LIMIT = 2_000;

/** The memo that one reaches for first. */
export const recursion = (bodies: Bodies<number>): Engine => ({
  name: 'recursion',
  says: 'hand-written: memoized recursion over linked nodes, a Map by node as memo; an explicit stack above 2,000 levels',
  build: (graph) => recursive(nodesOf(graph), graph.depth, bodies),
});

/** The memo of someone who numbered the nodes beforehand. */
export const recursionById = (bodies: Bodies<number>): Engine => ({
  name: 'recursion by id',
  says: 'the same with an array by node number as memo',
  build: (graph) => recursiveById(nodesOf(graph), graph.depth, bodies),
});

function recursive(nodes: readonly Node[], depth: number, { source, step, join, mix, total }: Bodies<number>): Run {
  const root = nodes.at(-1)!;

  function bodyOf(node: Node, seed: number, value: (node: Node) => number): number {
    const { parents, weight } = node;
    switch (node.kind) {
      case SEED:
        return seed;
      case LITERAL:
        return weight;
      case SHIFT:
        return shift({ seed: value(parents[0]!), by: weight });
      case SOURCE:
        return source({ seed: value(parents[0]!), weight });
      case STEP:
        return step({ value: value(parents[0]!), weight });
      case JOIN:
        return join({ left: value(parents[0]!), right: value(parents[1]!), weight });
      case MIX:
        return mix({ left: value(parents[0]!), right: value(parents[1]!), seed: value(parents[2]!) });
      default:
        return total({ values: parents.map(value) });
    }
  }

  if (depth <= STACK_LIMIT) {
    return (seed) => {
      const memo = new Map<Node, number>();
      const value = (node: Node): number => {
        let known = memo.get(node);
        if (known === undefined) memo.set(node, (known = bodyOf(node, seed, value)));
        return known;
      };
      return value(root);
    };
  }
  return (seed) => {
    const memo = new Map<Node, number>();
    const known = (node: Node): number => memo.get(node)!;
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      const { parents } = node;
      const before = stack.length;
      for (let p = parents.length - 1; p >= 0; p--) if (memo.get(parents[p]!) === undefined) stack.push(parents[p]!);
      if (stack.length > before) continue;
      stack.pop();
      if (memo.get(node) === undefined) memo.set(node, bodyOf(node, seed, known));
    }
    return memo.get(root)!;
  };
}

/** Written out again: a memo behind an interface would slow both down. */
function recursiveById(nodes: readonly Node[], depth: number, { source, step, join, mix, total }: Bodies<number>): Run {
  const root = nodes.at(-1)!;

  function bodyOf(node: Node, seed: number, value: (node: Node) => number): number {
    const { parents, weight } = node;
    switch (node.kind) {
      case SEED:
        return seed;
      case LITERAL:
        return weight;
      case SHIFT:
        return shift({ seed: value(parents[0]!), by: weight });
      case SOURCE:
        return source({ seed: value(parents[0]!), weight });
      case STEP:
        return step({ value: value(parents[0]!), weight });
      case JOIN:
        return join({ left: value(parents[0]!), right: value(parents[1]!), weight });
      case MIX:
        return mix({ left: value(parents[0]!), right: value(parents[1]!), seed: value(parents[2]!) });
      default:
        return total({ values: parents.map(value) });
    }
  }

  if (depth <= STACK_LIMIT) {
    return (seed) => {
      const memo = new Array<number | undefined>(nodes.length).fill(undefined);
      const value = (node: Node): number => (memo[node.id] ??= bodyOf(node, seed, value));
      return value(root);
    };
  }
  return (seed) => {
    const memo = new Array<number | undefined>(nodes.length).fill(undefined);
    const known = (node: Node): number => memo[node.id]!;
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      const { parents } = node;
      const before = stack.length;
      for (let p = parents.length - 1; p >= 0; p--) if (memo[parents[p]!.id] === undefined) stack.push(parents[p]!);
      if (stack.length > before) continue;
      stack.pop();
      memo[node.id] ??= bodyOf(node, seed, known);
    }
    return memo[root.id]!;
  };
}
