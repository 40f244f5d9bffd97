/** A model as a node: a DAG inside a flow. */
import { FlowError, graphOf, isModel } from '@flowmodel/core';
import type { AnyModel, ContextOf, ValueOf } from '@flowmodel/core';
import { show } from '@flowmodel/core/extending';
import { BaseNode, ownOptions } from './base-node.ts';
import { evaluateModel } from './exec.ts';
import { executionOf } from './execution.ts';
import { nodeName } from './names.ts';
import { Node } from './node.ts';
import type { NodeOptions } from './options.ts';
import type { AnyNode, DeepReadonly, MaybePromise } from './types.ts';

/** Options of `fromModel`: those of a node, and what goes in and out. */
export interface FromModelOptions<Shared, Params, M, Key> extends NodeOptions {
  /** The context to compute in, from the store and the node's params. The params themselves by default. */
  readonly params?: (shared: Shared, params: DeepReadonly<Params>) => MaybePromise<ContextOf<M>>;
  /** The key of the store that gets the value. */
  readonly into: Key;
}

/**
 * Turns a model into a node: its `prep` makes the context, its `exec` is the computation of the model, its `post` puts the value into the store. Retries, a timeout or
 * an evaluator of the node are around every body of the graph; `cache` is the graph's. `post` returns nothing. Throws DEFINITION.
 *
 * @example
 * ```ts
 * const area = flowModel({ name: 'area', inputs: { width: FromContext(z.number()), height: z.number() } }, ({ width, height }) => width * height);
 * const node = fromModel(area({ height: 2 }), { params: (shared: { width: number; area?: number }) => ({ width: shared.width }), into: 'area' });
 * const shared = { width: 21 };
 * await node.run(shared);
 * console.log(shared); // { width: 21, area: 42 }
 * ```
 */
export function fromModel<M extends AnyModel, Shared extends object = Record<string, unknown>, Params extends object = Record<string, unknown>, Key extends keyof Shared = keyof Shared>(
  model: M,
  options: FromModelOptions<Shared, Params, M, Key>,
): Node<Shared, Params, ContextOf<M>, ValueOf<M>, 'default'> {
  checkFromModel(model, options);
  return new ModelNode<M, Shared, Params, Key>(model, options);
}

function checkFromModel(model: unknown, options: unknown): void {
  const problem = (text: string): FlowError => new FlowError('DEFINITION', `fromModel: ${text}`);
  if (model instanceof BaseNode) throw problem(`expected a model, got the node ${nodeName(model)}. Wire it as it is; asModel(flow, …) makes a model of it.`);
  if (!isModel(model)) throw problem(`expected a model, got ${show(model)}. ${typeof model === 'function' ? 'Call the factory, and pass what it makes: factory({ … }).' : 'Models are made by flowModel.'}`);
  if (typeof options !== 'object' || options === null) throw problem(`expected options, got ${show(options)}. Say where the value goes: { into: 'key' }.`);
  const { into, params } = options as { readonly into?: unknown; readonly params?: unknown };
  if (!['string', 'number', 'symbol'].includes(typeof into)) throw problem(`'into' is the key of the store that gets the value, got ${show(into)}.`);
  if (params !== undefined && typeof params !== 'function') throw problem(`'params' is a function (shared, params) => context, got ${show(params)}.`);
}

class ModelNode<M extends AnyModel, Shared extends object, Params extends object, Key extends keyof Shared> extends Node<Shared, Params, ContextOf<M>, ValueOf<M>, 'default'> {
  // No #private members in nodes: a clone has none.
  readonly model: M;
  readonly options: FromModelOptions<Shared, Params, M, Key>;

  constructor(model: M, options: FromModelOptions<Shared, Params, M, Key>) {
    const { params: _, into: __, ...nodeOptions } = options;
    super({ name: graphOf(model).nodes[0]!.name, ...nodeOptions });
    this.model = model;
    this.options = options;
  }

  override prep(shared: Shared): MaybePromise<ContextOf<M>> {
    return this.options.params === undefined ? (this.params as unknown as ContextOf<M>) : this.options.params(shared, this.params); // the params are the context where nothing says otherwise
  }

  override post(shared: Shared, _context: ContextOf<M>, value: ValueOf<M>): void {
    (shared as Record<PropertyKey, unknown>)[this.options.into] = value;
  }

  override _exec(context: unknown): unknown {
    return evaluateModel(executionOf(this)!, this, this[ownOptions], this.model, context as object); // called by _run
  }
}

const thisProcess = crypto.randomUUID();
const versions = new WeakMap<AnyNode, string>();
let nodes = 0;

/** What stands for the model of a node in keys: the node's `version`, or something of its own, since the code of a graph cannot be told. Undefined for nodes of other kinds. */
export function modelVersionOf(node: AnyNode): string | undefined {
  if (!(node instanceof ModelNode)) return undefined;
  let version = node[ownOptions].version ?? versions.get(node);
  if (version === undefined) versions.set(node, (version = `${thisProcess}-${++nodes}`));
  return version;
}
