/**
 * The graphs. Each is a list of evaluations in topological order, in flat arrays, which every engine builds its own form from.
 *
 * Where contexts are rewritten, the list holds one node for each (model, effective context): the other engines get the graph expanded by hand,
 * flowmodel gets the models and the rewrites (`lattice`) and has to find out by itself.
 */

/** Node kinds. The first three are no bodies: where seeds come from. */
export const SEED = 0; // the seed of the run
export const LITERAL = 1; // a seed written in the graph: its weight
export const SHIFT = 2; // a seed made from another: parents [seed], weight = by
export const SOURCE = 3; // parents [seed]
export const STEP = 4; // parents [value]
export const JOIN = 5; // parents [left, right]
export const MIX = 6; // parents [left, right, seed]
export const TOTAL = 7; // parents: all values

export interface Graph {
  readonly shape: ShapeName;
  /** The nominal size. */
  readonly size: number;
  /** Evaluations: bodies and transforms. The unit of "per node". */
  readonly count: number;
  /** The longest path, in nodes. */
  readonly depth: number;
  readonly kinds: Uint8Array;
  /** Parents of node i: `parents[starts[i]] … parents[starts[i + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly parents: Int32Array;
  readonly weights: Int32Array;
  readonly root: number;
  readonly lattice: Lattice | undefined;
}

/** Rows of `width` models; model (r, c) reads (r-1, c) and, through a rewritten edge, (r-1, c+1). */
export interface Lattice {
  readonly width: number;
  readonly rows: number;
  /** `literal`: the edge into column c sets the seed to `literalSeed(c)`; `transform`: it adds 1 to it. */
  readonly rewrite: 'literal' | 'transform';
}

export const literalSeed = (column: number): number => (column % 2 === 0 ? 1_000_003 : 1_000_033);
export const weightOf = (index: number): number => (index % 97) + 1;

export const shapeNames = ['chain', 'ladder', 'wide', 'layered', 'lattice', 'transforms'] as const;
export type ShapeName = (typeof shapeNames)[number];

export const shapes: Readonly<Record<ShapeName, { readonly says: string; readonly make: (size: number) => Graph }>> = {
  chain: { says: 'each node reads the one before', make: chain },
  ladder: { says: 'two rails; each node reads both nodes of the rung before (2^(N/2) paths)', make: ladder },
  wide: { says: 'one source, N - 2 readers of it, one node that reads them all as an array', make: wide },
  layered: { says: 'layers of √N nodes, each reads two of the layer before; one node reads the last layer', make: layered },
  lattice: { says: 'as layered, every node reads the context too, and every second edge rewrites it with a literal; N counts (model, context) pairs', make: lattice },
  transforms: { says: 'as lattice, but every second edge rewrites the context with a transform of it', make: transforms },
};

class Builder {
  readonly kinds: number[] = [];
  readonly starts: number[] = [0];
  readonly parents: number[] = [];
  readonly weights: number[] = [];
  readonly #depths: number[] = [];

  /** Adds a node; returns its id. */
  add(kind: number, parents: readonly number[], weight = weightOf(this.kinds.length)): number {
    let depth = 0;
    for (const parent of parents) {
      this.parents.push(parent);
      depth = Math.max(depth, this.#depths[parent]!);
    }
    this.starts.push(this.parents.length);
    this.weights.push(weight);
    this.#depths.push(depth + 1);
    return this.kinds.push(kind) - 1;
  }

  done(shape: ShapeName, size: number, rewrites?: Lattice): Graph {
    const { kinds } = this;
    return {
      shape,
      size,
      count: kinds.filter((kind) => kind !== SEED && kind !== LITERAL).length,
      depth: this.#depths.at(-1)!,
      kinds: Uint8Array.from(kinds),
      starts: Int32Array.from(this.starts),
      parents: Int32Array.from(this.parents),
      weights: Int32Array.from(this.weights),
      root: kinds.length - 1,
      lattice: rewrites,
    };
  }
}

function chain(size: number): Graph {
  const graph = new Builder();
  let last = graph.add(SOURCE, [graph.add(SEED, [])]);
  for (let i = 1; i < size; i++) last = graph.add(STEP, [last]);
  return graph.done('chain', size);
}

function ladder(size: number): Graph {
  const graph = new Builder();
  const seed = graph.add(SEED, []);
  let rung = [graph.add(SOURCE, [seed]), graph.add(SOURCE, [seed])];
  for (let i = 2; i < size - 1; i += 2) rung = [graph.add(JOIN, rung), graph.add(JOIN, rung.toReversed())];
  graph.add(JOIN, rung);
  return graph.done('ladder', size);
}

function wide(size: number): Graph {
  const graph = new Builder();
  const source = graph.add(SOURCE, [graph.add(SEED, [])]);
  const readers = Array.from({ length: size - 2 }, () => graph.add(STEP, [source]));
  graph.add(TOTAL, readers);
  return graph.done('wide', size);
}

function layered(size: number): Graph {
  const graph = new Builder();
  const random = randoms(size);
  const width = Math.round(Math.sqrt(size));
  const seed = graph.add(SEED, []);
  let layer = Array.from({ length: width }, () => graph.add(SOURCE, [seed]));
  for (let made = width; made + width < size; made += width) {
    const before = layer;
    layer = before.map((left) => graph.add(JOIN, [left, before[Math.floor(random() * width)]!]));
  }
  graph.add(TOTAL, layer);
  return graph.done('layered', size);
}

/** Two contexts reach nearly every model: the run's, and the literal of its column. */
function lattice(size: number): Graph {
  const width = 2 * Math.max(2, Math.round(Math.sqrt(size / 2) / 2));
  return expanded('lattice', size, { width, rows: Math.max(2, Math.round(size / 2 / width)), rewrite: 'literal' });
}

/** Row r, counted from the last, is reached in r + 1 contexts. */
function transforms(size: number): Graph {
  const width = 4;
  return expanded('transforms', size, { width, rows: Math.max(2, Math.round(Math.sqrt((2 * size) / width))), rewrite: 'transform' });
}

function expanded(shape: ShapeName, size: number, form: Lattice): Graph {
  const { width, rows, rewrite } = form;
  const graph = new Builder();
  // Contexts by number. Literal: 0 is the run's, 1 and 2 the literals of even and odd columns. Transform: k is the run's plus k.
  const across = (context: number, column: number): number => (rewrite === 'literal' ? 1 + (column % 2) : context + 1);
  const needed: Set<number>[][] = Array.from({ length: rows }, () => Array.from({ length: width }, () => new Set<number>()));
  for (const contexts of needed[rows - 1]!) contexts.add(0);
  for (let row = rows - 1; row > 0; row--) {
    for (let column = 0; column < width; column++) {
      const right = (column + 1) % width;
      for (const context of needed[row]![column]!) {
        needed[row - 1]![column]!.add(context);
        needed[row - 1]![right]!.add(across(context, right));
      }
    }
  }
  const seeds = [graph.add(SEED, [])];
  if (rewrite === 'literal') seeds.push(graph.add(LITERAL, [], literalSeed(0)), graph.add(LITERAL, [], literalSeed(1)));
  else for (let k = 1; k < rows; k++) seeds.push(graph.add(SHIFT, [seeds[k - 1]!], 1));

  let below: Map<number, number>[] = [];
  for (let row = 0; row < rows; row++) {
    const before = below;
    below = needed[row]!.map((contexts, column) => {
      const right = (column + 1) % width;
      return new Map([...contexts].map((context) => {
        const seed = seeds[context]!;
        if (row === 0) return [context, graph.add(SOURCE, [seed], weightOf(column))];
        return [context, graph.add(MIX, [before[column]!.get(context)!, before[right]!.get(across(context, right))!, seed])];
      }));
    });
  }
  graph.add(TOTAL, below.map((contexts) => contexts.get(0)!));
  return graph.done(shape, size, form);
}

/** The same sequence in every run. */
function randoms(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
