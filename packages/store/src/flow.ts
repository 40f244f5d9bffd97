/** A flow: a graph of nodes, walked by the actions that they return. */
import { FlowError } from '@flowmodel/core';
import { isPromise } from '@flowmodel/core/extending';
import { assertNode, BaseNode } from './base-node.ts';
import { evaluateWhole } from './exec.ts';
import { Execution, executionOf, within } from './execution.ts';
import { nodeName, setNodeName } from './names.ts';
import { checkFlowOptions } from './options.ts';
import type { FlowOptions } from './options.ts';
import { runPhase, leave } from './phase.ts';
import type { RunScope } from './run-scope.ts';
import type { StoreErrorCode } from './errors.ts';
import type { ActionResult, AnyNode, MaybePromise } from './types.ts';

const MAX_STEPS = 1_000_000;
/** So many transitions are shown when there are too many. */
const TRAIL = 8;
/** With a signal, the event loop turns every so many steps, since a loop of nodes that never wait would keep the abort from arriving. */
const TURN = 1_024;
const immediately = setImmediate; // the real one, also where a test has put timers of its own in place

/**
 * A flow runs nodes one after the other, each chosen by the action that the one before returned, until there is no successor. It is a node itself: its own
 * `prep` and `post` run around the graph, `exec` never does, and its `post` gets the last action and returns it by default, so that an outer flow can branch on it.
 * Its params replace those of its nodes.
 *
 * Rejects with MAX_STEPS when a pass takes too many steps. Throws DEFINITION for options that make no sense, and for anything but a node to start at.
 *
 * @example
 * ```ts
 * interface Shared {
 *   n: number;
 * }
 * class Halve extends Node<Shared> {
 *   override post(shared: Shared): 'again' | 'done' {
 *     shared.n = Math.floor(shared.n / 2);
 *     return shared.n > 1 ? 'again' : 'done';
 *   }
 * }
 * const halve = new Halve();
 * halve.on('again', halve);
 * const shared = { n: 100 };
 * console.log(await new Flow(halve).run(shared), shared.n); // done 1
 * ```
 */
export class Flow<Shared = unknown, Params extends object = Record<string, unknown>, Action extends string = string> extends BaseNode<Shared, Params, unknown, unknown, Action> {
  /** Where each pass begins. */
  start: BaseNode;
  /** @internal */
  readonly flowOptions: FlowOptions;

  constructor(start: BaseNode<Shared, object>, options: FlowOptions = {}) {
    super();
    const who = nodeName(this);
    if (options instanceof BaseNode) throw new FlowError('DEFINITION', `${who}: the second argument is an options object, got ${nodeName(options)}. A flow has one node to start at; the others are wired to it: a.next(b).`);
    checkFlowOptions(who, options);
    this.start = start as BaseNode; // whatever its params are
    startOf(this);
    this.flowOptions = options;
    if (options.name !== undefined) setNodeName(this, options.name);
  }

  /** Never called. */
  override exec(): never {
    throw new FlowError('DEFINITION', `${nodeName(this)}: a flow has no exec of its own. Put the work into a node of the flow.`);
  }

  /** Gets the action of the last node, and returns it by default. */
  override post(_shared: Shared, _prepRes: unknown, lastAction: unknown): MaybePromise<ActionResult<Action>> {
    return lastAction as ActionResult<Action>; // a flow's actions are those of its last nodes
  }

  override _scope(outer: RunScope): RunScope {
    return outer.inside(this.flowOptions);
  }

  override async _run(shared: Shared): Promise<string | undefined> {
    const execution = executionOf(this);
    if (execution === undefined) return super._run(shared);
    const { timeout } = this.flowOptions;
    if (timeout === undefined) return this._phases(execution, shared);
    const work = (signal: AbortSignal): Promise<unknown> => {
      const limited = execution.at(0, execution.scope.inside({ signal }));
      return within(limited, () => this._phases(limited, shared));
    };
    return (await evaluateWhole(this, nodeName(this), timeout, execution, work)) as string | undefined;
  }

  /** The flow's own phases around its passes. */
  protected async _phases(execution: Execution, shared: Shared): Promise<string | undefined> {
    try {
      let prep = this._prepPhase(execution, shared, this.post !== Flow.prototype.post);
      if (isPromise(prep)) prep = await prep;
      const last = await this._passes(shared, prep);
      let action = this.post === Flow.prototype.post ? last : runPhase(execution, 'post', shared, false, (given) => this.post(given as Shared, prep, last));
      if (isPromise(action)) action = await action;
      return action as string | undefined;
    } finally {
      leave(execution, shared);
    }
  }

  /** What happens between prep and post; its outcome is post's third argument. */
  protected _passes(shared: Shared, _prepRes: unknown): Promise<unknown> {
    return this._orchestrate(shared);
  }

  /** One pass through the graph. Resolves to the last action; one that a subclass puts in its place need not. */
  protected async _orchestrate(shared: Shared, params?: object, passScope?: RunScope): Promise<string | undefined | void> {
    const outer = executionOf(this)!; // called by _passes
    const scope = passScope ?? outer.scope;
    const { signal } = scope;
    const { maxSteps = MAX_STEPS } = this.flowOptions;
    const trail: string[] = [];
    let action: string | undefined;
    let node = startOf(this);
    for (let step = 0; node !== undefined; step++) {
      if (step >= maxSteps) throw runaway(this, maxSteps, [...trail, nodeName(node)]);
      if (signal !== undefined) {
        if (step % TURN === TURN - 1) await new Promise<void>((resolve) => void immediately(resolve));
        scope.assertOpen(nodeName(node));
      }
      const execution = new Execution(node, params ?? outer.params, node._scope(scope), outer);
      action = await visit(execution, node, shared);
      if (step >= maxSteps - TRAIL) trail.push(`${nodeName(node)} -${action || 'default'}->`); // oxlint-disable-line typescript/prefer-nullish-coalescing -- as getNextNode has it
      node = node.getNextNode(action);
    }
    return action;
  }
}

/** The node that a flow starts at. Throws DEFINITION for what is none; that it has none at all is fine, and then there is nothing to do. */
export function startOf(flow: { readonly start: unknown } & AnyNode): AnyNode | undefined {
  const { start } = flow; // a field, which may have been set to anything
  if (start === undefined || start === null) return undefined;
  assertNode(nodeName(flow), 'a node to start at', start);
  return start;
}

function visit(execution: Execution, node: AnyNode, shared: unknown): Promise<string | undefined> {
  const { tracer } = execution.scope;
  return within(execution, () => (tracer === undefined ? node._run(shared) : tracer.during(execution, false, () => node._run(shared))));
}

function runaway(flow: AnyNode, maxSteps: number, trail: readonly string[]): FlowError<StoreErrorCode> {
  const who = nodeName(flow);
  return new FlowError<StoreErrorCode>('MAX_STEPS', `${who} took more than ${maxSteps.toLocaleString('en-US')} steps. The last ones: ${trail.join(' ')}. End the loop by an action without a successor, or raise maxSteps.`, {
    path: [who],
    details: { maxSteps, trail },
  });
}
