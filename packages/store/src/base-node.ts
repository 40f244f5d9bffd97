/** What all nodes are: three phases, successors by action, params. */
import { FlowError } from '@flowmodel/core';
import type { FlowRun, GenericResult } from '@flowmodel/core';
import { isPromise, notePath, show } from '@flowmodel/core/extending';
import { notANode } from './errors.ts';
import { evaluate, ONCE, unboxed } from './exec.ts';
import { currentExecution, Execution, executionOf, within } from './execution.ts';
import { givenName, nodeName, setNodeName } from './names.ts';
import { checkRunOptions, NO_OPTIONS } from './options.ts';
import type { NodeOptions, RunOptions } from './options.ts';
import { NO_PARAMS, ownParamsOf } from './params.ts';
import { leave, runPhase } from './phase.ts';
import { RunScope } from './run-scope.ts';
import type { Store } from './store/create-store.ts';
import type { ActionArgument, ActionResult, ActionsOf, AnyNode, DeepReadonly, MaybePromise } from './types.ts';
import { warn } from './warn.ts';

/** Fields of a node that a subclass cannot meet by accident. */
const ownParams: unique symbol = Symbol('params');
export const ownOptions: unique symbol = Symbol('options');

const NO_RUN_OPTIONS: RunOptions = Object.freeze({});

/**
 * The base of all nodes: `prep` reads from the shared store, `exec` computes from what prep yielded, `post` writes to the store and returns the
 * action that decides which node is next. Each may be left out, and each may be synchronous or not. Most nodes extend {@link Node}, which retries `exec`.
 *
 * The type parameters: the store, the params, what prep yields, what exec yields, and the actions that post can return. The actions may
 * also be left to the return type of `post`: wiring an action that it cannot return does not compile.
 *
 * @example
 * ```ts
 * class Add extends BaseNode<{ total: number }> {
 *   override post(shared: { total: number }): void {
 *     shared.total += 5;
 *   }
 * }
 * const shared = { total: 1 };
 * await new Add().run(shared);
 * console.log(shared.total); // 6
 * ```
 */
export class BaseNode<Shared = unknown, Params extends object = Record<string, unknown>, Prep = unknown, Exec = unknown, Action extends string = string> {
  /** The wired successors, by action. */
  _successors = new Map<string, BaseNode>();
  /** @internal */
  [ownParams]: object = NO_PARAMS;
  /** @internal */
  [ownOptions]: NodeOptions = NO_OPTIONS;

  /** The params of the executing pass, frozen; outside of one, those of `setParams`. */
  get params(): DeepReadonly<Params> {
    return (executionOf(this)?.params ?? this[ownParams]) as DeepReadonly<Params>; // set by setParams, or by a flow
  }

  /** `params`, as the TypeScript port calls them; assigning is `setParams`. */
  protected get _params(): DeepReadonly<Params> {
    return this.params;
  }

  protected set _params(params: Params) {
    this.setParams(params);
  }

  /** Reads from the store what `exec` needs. */
  prep(_shared: Shared): MaybePromise<Prep> {
    return undefined as Prep; // a node without a prep declares none
  }

  /** Computes, without the store. What a model computed may be returned as it is: `post` gets its value. `run` is the core's: its `signal` fires when the result is not wanted any more, `run.compute(model, context)` evaluates a model. */
  exec(_prepRes: Prep, _run?: FlowRun): MaybePromise<Exec | GenericResult<Exec>> {
    return undefined as Exec; // a node without an exec declares none
  }

  /** Writes to the store, and returns the action; nothing means `default`. */
  post(_shared: Shared, _prepRes: Prep, _execRes: Exec): MaybePromise<ActionResult<Action>> {
    return undefined;
  }

  /**
   * Makes `node` the successor for the action `default`, or for a given one. Returns `node`, so that chains read from left to right.
   * Throws DEFINITION for anything but a node, such as its class.
   *
   * @example
   * ```ts
   * const [a, b, c] = [new Node(), new Node(), new Node()];
   * a.next(b).next(c);
   * ```
   */
  next<Self, Target extends AnyNode>(this: Self, node: Target, ...[action]: ActionArgument<Self>): Target {
    wire(this as AnyNode, action ?? 'default', node);
    return node;
  }

  /**
   * Makes `node` the successor for an action, and returns this node, so that its actions can be listed. Throws DEFINITION as `next` does.
   *
   * @example
   * ```ts
   * class Check extends Node<{ n: number }> {
   *   override post(shared: { n: number }): 'even' | 'odd' {
   *     return shared.n % 2 === 0 ? 'even' : 'odd';
   *   }
   * }
   * new Check().on('even', new Node()).on('odd', new Node());
   * ```
   */
  on<Self>(this: Self, action: ActionsOf<Self>, node: AnyNode): Self {
    wire(this as AnyNode, action, node);
    return this;
  }

  /** The successor for an action; with none, a warning if there are others. */
  getNextNode(action?: string | null): BaseNode | undefined {
    const name = action || 'default'; // oxlint-disable-line typescript/prefer-nullish-coalescing -- the empty string is no action either
    const next = this._successors.get(name);
    if (next === undefined && this._successors.size > 0) {
      warn('UNKNOWN_ACTION', `Flow ends: ${nodeName(this)} returned the action '${name}', which has no successor. It has successors for ${knownActions(this)}.`, executionOf(this) ?? currentExecution());
    }
    return next;
  }

  /** Replaces the node's params by a frozen copy; in a phase of a pass, those of the pass. A flow hands its own params to its nodes instead: set those of the outermost flow. Throws INVALID_CONTEXT for anything but an object of params. */
  setParams(params: Params): this {
    const own = ownParamsOf(nodeName(this), params);
    const execution = executionOf(this);
    if (execution === undefined || setInPass(execution, own)) this[ownParams] = own;
    return this;
  }

  /** A node with the same fields, params and successors. Flows never need one: what differs between passes is not on the node. */
  clone(): this {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this) as object) as this, this);
    copy._successors = new Map(this._successors);
    const name = givenName(this);
    if (name !== undefined) setNodeName(copy, name);
    return copy;
  }

  /**
   * Runs this node alone and yields its action; successors do not run. The store is a plain object, which is used as it is, or one of `createStore`.
   * Rejects with what a phase throws, as it is, and with CANCELLED; over a created store with `StoreConflictError`; without a store with DEFINITION.
   */
  async run(shared: Shared | Store<Shared>, options: RunOptions = NO_RUN_OPTIONS): Promise<string | undefined> {
    checkShared(this, shared);
    if (options !== NO_RUN_OPTIONS) checkRunOptions(`${nodeName(this)}.run`, options);
    return startNode(this, shared, this[ownParams], options === NO_RUN_OPTIONS ? RunScope.plain : RunScope.of(options));
  }

  /** The phases in order. `shared` may be a created store. Of what a phase throws, the core's `flowPathOf` tells in which node of which flow. */
  async _run(shared: Shared): Promise<string | undefined> {
    const execution = executionOf(this);
    if (execution === undefined) return within(new Execution(this, this[ownParams], this._scope(currentExecution()?.scope ?? RunScope.plain), currentExecution()), () => this._run(shared));
    try {
      let prep = this._prepPhase(execution, shared, this.post !== BaseNode.prototype.post);
      if (isPromise(prep)) prep = await prep;
      let result = this._exec(prep);
      if (isPromise(result)) result = await result;
      if (this.post === BaseNode.prototype.post) return undefined;
      let action = runPhase(execution, 'post', shared, false, (given) => this.post(given as Shared, prep as Prep, unboxed(result) as Exec));
      if (isPromise(action)) action = await action;
      return action as string | undefined;
    } catch (error) {
      notePath(error, () => execution.path());
      throw error;
    } finally {
      leave(execution, shared);
    }
  }

  // No #private members in nodes: a clone has none.
  /** `isRead`: whether there is a post that may rest on what prep reads. */
  protected _prepPhase(execution: Execution, shared: Shared, isRead: boolean): unknown {
    if (this.prep === BaseNode.prototype.prep) return undefined; // nothing to do, and no draft to open
    return runPhase(execution, 'prep', shared, isRead, (given) => this._callPrep(given as Shared));
  }

  /** Prep, and what becomes of its value before anybody sees it. */
  protected _callPrep(shared: Shared): unknown {
    return this.prep(shared);
  }

  /** What holds inside this node, given what holds around it. */
  _scope(outer: RunScope): RunScope {
    const { signal, observer } = this[ownOptions];
    return signal === undefined && observer === undefined ? outer : outer.inside({ signal, observer });
  }

  /** `exec` as an evaluation of the core. */
  protected _exec(prepRes: unknown): unknown {
    return this.exec === BaseNode.prototype.exec ? undefined : evaluate(executionOf(this)!, ONCE, this[ownOptions], prepRes); // called by _run
  }
}

/** Runs a node as the outermost one, in params of the caller's. */
export function startNode(node: AnyNode, shared: unknown, params: object, outer: RunScope): Promise<string | undefined> {
  const scope = node._scope(outer);
  const execution = new Execution(node, params, scope, currentExecution(), 0, {});
  if (node._successors.size > 0) warn('UNUSED_SUCCESSORS', `${nodeName(node)} runs alone: run() does not go on to its successors (${knownActions(node)}). Put it into a Flow and run that.`, execution);
  return within(execution, () => (scope.tracer === undefined ? node._run(shared) : scope.tracer.during(execution, true, () => node._run(shared))));
}

const knownActions = (node: AnyNode): string => [...node._successors.keys()].map((action) => `'${action}'`).join(', ');

/** Params of the executing pass, from inside of it. Whether the pass is the node's own, and not one that a flow hands params to. */
function setInPass(execution: Execution, params: object): boolean {
  for (let one = execution; ; one = one.parent) {
    (one as { params: object }).params = params; // for everybody else they do not change
    if (one.parent?.node !== one.node) return one.parent?.run !== one.run;
  }
}

/** Throws DEFINITION for anything else, with what to write instead. */
export function assertNode(who: string, expected: string, value: unknown): asserts value is AnyNode {
  if (!(value instanceof BaseNode)) throw notANode(who, expected, value);
}

function checkShared(node: AnyNode, shared: unknown): void {
  if (typeof shared === 'object' && shared !== null) return;
  throw new FlowError('DEFINITION', `${nodeName(node)}.run: expected the shared store, got ${show(shared)}. Pass an object, run({}), or one made by createStore.`);
}

function wire(from: AnyNode, action: string, to: AnyNode): void {
  const who = nodeName(from);
  if (typeof action !== 'string' || action === '') throw new FlowError('DEFINITION', `${who}: an action is a string that is not empty, got ${show(action)}. Write on('action', node), or next(node) for the action 'default'.`);
  assertNode(who, `a node as the successor for the action '${action}'`, to);
  const before = from._successors.get(action);
  if (before !== undefined) warn('OVERWRITTEN_SUCCESSOR', `${who}: the successor for the action '${action}' was ${nodeName(before)} and is overwritten by ${nodeName(to)}. Known actions: ${knownActions(from)}.`, currentExecution());
  from._successors.set(action, to as BaseNode); // whatever its params are
}
