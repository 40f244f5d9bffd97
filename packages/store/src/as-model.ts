/** A flow as a model: a part of a DAG that may branch and loop. */
import { FlowError, flowModel, runServices } from '@flowmodel/core';
import type { GenericResult, ModelFactory, ModelOptions, Shape } from '@flowmodel/core';
import { assertKnown, show } from '@flowmodel/core/extending';
import type { z } from 'zod';
import { assertNode, BaseNode, startNode } from './base-node.ts';
import { BatchFlow, ParallelBatchFlow } from './batch-flow.ts';
import { BatchNode, ParallelBatchNode } from './batch-node.ts';
import { Flow } from './flow.ts';
import { modelVersionOf } from './from-model.ts';
import { graphOf, reachable } from './graph.ts';
import { Node } from './node.ts';
import { checkReducers } from './options.ts';
import { frozenParams } from './params.ts';
import { RunScope } from './run-scope.ts';
import { createStore } from './store/create-store.ts';
import type { Reducers } from './store/reducers.ts';
import type { AnyNode } from './types.ts';

/** Options of `asModel`: those of a model, and how conflicts of parallel passes are resolved. */
export interface AsModelOptions<S extends Shape, O extends z.ZodType | undefined> extends Omit<ModelOptions, 'codeDeps' | 'orchestrates'> {
  /** Regular inputs are the initial store; `FromContext` inputs are params. */
  readonly inputs: S;
  /** Parses the final state; what it does not know is dropped. Without it the value is the whole state. */
  readonly output?: O;
  readonly reducers?: Reducers;
}

/** What the models of a flow yield. */
export type StateOf<O> = O extends z.ZodType ? z.output<O> : Readonly<Record<string, unknown>>;

/**
 * Makes a factory of core models from a flow. Each evaluation runs the flow over a created store of its own, so the flow may be computed many times at once. The
 * flow's wiring and the source of its nodes' classes are part of cache keys; fields of nodes are not: change `version` with them. A node made by `fromModel` counts by its own
 * `version`, and without one holds for this process only. Throws DEFINITION, DUPLICATE_NAME.
 *
 * @example
 * ```ts
 * class Grow extends Node<{ n: number }, { limit: number }> {
 *   override post(shared: { n: number }): 'again' | 'done' {
 *     shared.n *= 2;
 *     return shared.n < this.params.limit ? 'again' : 'done';
 *   }
 * }
 * const grow = new Grow();
 * grow.on('again', grow).on('done', new Node());
 * const grown = asModel(new Flow(grow), { name: 'grown', inputs: { n: z.number(), limit: FromContext(z.number()) }, output: z.object({ n: z.number() }) });
 * console.log((await grown({ n: 3 }).flow.compute({ limit: 20 })).value); // { n: 24 }
 * ```
 */
export function asModel<const S extends Shape, O extends z.ZodType | undefined = undefined>(flow: AnyNode, options: AsModelOptions<S, O>): ModelFactory<S, StateOf<O>, GenericResult<StateOf<O>>> {
  assertNode('asModel', 'a flow', flow);
  checkAsModelOptions(options);
  const { reducers, version, ...rest } = options;
  const fromContext = new Set(Object.entries(options.inputs).filter(([, input]) => (input as { role?: unknown }).role === 'context').map(([name]) => name));
  const classes = classesOf(flow);
  const modelOptions = { ...rest, version: `${version ?? ''}${wiringOf(flow, classes)}`, codeDeps: classes, orchestrates: true };
  const factory: unknown = flowModel(modelOptions as never, async (inputs: Readonly<Record<string, unknown>>, run) => {
    const entries = Object.entries(inputs);
    const params = frozenParams({ ...flow.params, ...Object.fromEntries(entries.filter(([name, value]) => fromContext.has(name) && value !== undefined)) });
    const store = createStore(Object.fromEntries(entries.filter(([name]) => !fromContext.has(name))), { history: false, ...(reducers !== undefined && { reducers }) });
    await startNode(flow, store, params, RunScope.of({ signal: run.signal, clock: runServices(run).clock }));
    return store.state;
  });
  return factory as ModelFactory<S, StateOf<O>, GenericResult<StateOf<O>>>; // the body's type is not the state's: the schema says what that is
}

const OWN = ['inputs', 'output', 'reducers'] as const;
const OF_MODELS = ['name', 'description', 'definitions', 'replace', 'version', 'codeVersion', 'validateResult', 'volatile', 'cacheable', 'freeze', 'localOnly', 'evaluator'] as const satisfies readonly (keyof ModelOptions)[];

/** The values of the rest are checked by `flowModel`. */
function checkAsModelOptions(options: AsModelOptions<Shape, z.ZodType | undefined>): void {
  const { inputs, reducers } = (options as Partial<typeof options> | null | undefined) ?? {};
  if (typeof inputs !== 'object' || (inputs as unknown) === null) throw new FlowError('DEFINITION', `asModel: 'inputs' is a record of schemas by name, got ${show(inputs)}. Write asModel(flow, { name: 'flow', inputs: { n: z.number() } }).`);
  assertKnown('asModel', options, [...OWN, ...OF_MODELS]);
  if (reducers !== undefined) checkReducers('asModel', reducers);
}

const OURS: ReadonlySet<unknown> = new Set([BaseNode, Node, BatchNode, ParallelBatchNode, Flow, BatchFlow, ParallelBatchFlow, Function.prototype]);

/** Who leads where, and which of the classes each node is of. */
function wiringOf(flow: AnyNode, classes: readonly unknown[]): string {
  const { nodes, edges } = graphOf(flow);
  return JSON.stringify([edges.map(({ from, action, to }) => [from, action, to]), reachable(flow).map((node, i) => [nodes[i]!.kind, modelVersionOf(node) ?? classes.indexOf(node.constructor)])]);
}

/** The classes that a flow is made of, with what they extend, down to ours. */
function classesOf(flow: AnyNode): (() => unknown)[] {
  const classes = new Set<unknown>();
  for (const node of reachable(flow)) {
    for (let one: unknown = node.constructor; typeof one === 'function' && !OURS.has(one); one = Object.getPrototypeOf(one)) classes.add(one);
  }
  return [...classes] as (() => unknown)[]; // only their source is read
}
