/**
 * A run: one plan evaluated in one context, with whatever its bodies ask for on the way.
 *
 * The state, all of it, and what always holds:
 * - `main`: the root's activation; nested `run.compute` calls add activations of their own. In an activation `values[cell]` is EMPTY,
 *   RUNNING, PENDING, a `Failure` or the value, and only moves on in that order. Values and failures never change again.
 * - `isAsync`: whether some body handed back a promise or asked for something. Until then cells run in plan order in one loop (`#sweep`);
 *   from then on `remaining` counts, for each demanded cell, upstream cells not yet done, and a cell is queued when its count gets to 0.
 * - `queue`, `head`: cells that can start, first come first served. `resumes`: bodies whose wait is over and that need their place back.
 * - `active`: bodies with a place, never more than `limit`. `working`: those, and the orchestrating ones, that do not wait for the run.
 * - `busy`: whether somebody up the stack is working the queue or the sweep, so that nobody below does.
 * - `requests`: rejections of the promises that bodies got from the run and that are still open.
 * - `over`, `reason`: set once, when the run is done, failed or cancelled. Nothing starts after that.
 * - `identities`: undefined until cells that the plan keeps apart may be the same evaluation.
 */
import { FlowError } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import type { InputSpec } from '../model/definition.ts';
import { eachUpstream, isSlotOperand, LITERAL, planOf, slotOf } from '../plan/plan.ts';
import type { Operand, Plan } from '../plan/plan.ts';
import type { ModelDependency } from '../types.ts';
import { Activation } from './activation.ts';
import type { Waiter } from './activation.ts';
import { Caller } from './caller.ts';
import type { RunServices } from './caller.ts';
import { cycleError, waitPath, waitsOf } from './cycles.ts';
import { eachDependent } from './dependents.ts';
import { gather, received } from './gather.ts';
import type { GatherServices } from './gather.ts';
import { anyEqual, Identities } from './identity.ts';
import type { Place } from './identity.ts';
import { nestedContext, nestedModel } from './nested.ts';
import { overrideFor } from './options.ts';
import type { ComputeOptions, Override } from './options.ts';
import { noteFailure, rootLabel } from './paths.ts';
import { checkContract } from './problems.ts';
import { boxed, finished } from './results.ts';
import { EMPTY, Failure, isUnfinished, PENDING, RUNNING } from './states.ts';

const ignore = (): void => {};
/** How far a new wait looks for a cycle at once; longer ones show when the run stands still. */
const CYCLE_BUDGET = 64;

export class Run implements RunServices, GatherServices {
  readonly scratch: unknown[] = [];
  readonly resources: Readonly<Record<string, unknown>> | undefined;
  readonly #main: Activation;
  readonly #options: ComputeOptions;
  readonly #overrides: readonly Override[] | undefined;
  readonly #isSync: boolean;
  readonly #limit: number;
  readonly #queue: Place[] = [];
  readonly #resumes: (() => void)[] = [];
  readonly #requests = new Set<(error: unknown) => void>();
  #head = 0;
  #active = 0;
  #working = 0;
  #isAsync = false;
  #busy = false;
  #over = false;
  #reason: unknown = undefined;
  #identities: Identities | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #unlisten: (() => void) | undefined = undefined;

  constructor(plan: Plan, context: Readonly<Record<string, unknown>>, options: ComputeOptions, isSync: boolean) {
    this.#main = new Activation(plan, context, undefined);
    this.#options = options;
    this.#overrides = options.overrides === undefined || options.overrides.length === 0 ? undefined : options.overrides;
    this.#isSync = isSync;
    this.#limit = options.concurrency ?? Infinity;
    this.resources = options.resources;
  }

  /* ---------- the two ways to run ---------- */

  computeSync(): unknown {
    try {
      this.#prepare();
      this.#sweep();
    } catch (error) {
      this.#end(error);
      throw error;
    }
    this.#end(undefined);
    return boxed(this.#main, this.#main.plan.root);
  }

  compute(): Promise<unknown> {
    const { plan } = this.#main;
    try {
      this.#prepare();
      if (this.#sweep()) {
        this.#end(undefined);
        return Promise.resolve(boxed(this.#main, plan.root));
      }
    } catch (error) {
      this.#end(error);
      return Promise.reject(error as Error);
    }
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#reason as Error);
      this.#requests.add(reject);
      this.#await(this.#main, plan.root, (value) => {
        this.#requests.delete(reject);
        if (value instanceof Failure) reject(value.error as Error);
        else resolve(boxed(this.#main, plan.root));
        this.#end(value instanceof Failure ? value.error : undefined);
      });
      this.#drain();
    });
  }

  #prepare(): void {
    const { signal } = this.#options;
    const { plan } = this.#main;
    if (signal !== undefined) {
      if (signal.aborted) throw this.#cancelled(signal.reason);
      const onAbort = (): void => this.#end(this.#cancelled(signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#unlisten = () => signal.removeEventListener('abort', onAbort);
    }
    this.#check(this.#main, eagerCells(plan), plan.eagerSlots);
    if (plan.repeats && (plan.computedBelow.some((below) => below.length > 0) || anyEqual(this.#main))) this.#identities = new Identities();
  }

  /** The last thing that happens to a run, once. */
  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#reason = error ?? this.#cancelled(undefined);
    this.#unlisten?.();
    this.#controller?.abort(this.#reason);
    for (const reject of [...this.#requests]) reject(this.#reason);
    this.#requests.clear();
    this.#queue.length = 0;
  }

  #cancelled(reason: unknown): FlowError {
    const path = [rootLabel(this.#main.plan)];
    return new FlowError('CANCELLED', `${path[0]} was cancelled: ${reason === undefined ? 'its run is over' : reason instanceof Error ? reason.message : String(reason)}.`, { path, cause: reason });
  }

  #check(act: Activation, cells: Iterable<number>, slots: readonly number[]): void {
    checkContract(act, cells, slots, this.resources, (cell) => this.#overrideOf(act, cell)?.body !== undefined);
  }

  #overrideOf(act: Activation, cell: number): Override | undefined {
    return this.#overrides === undefined ? undefined : overrideFor(this.#overrides, act.plan.models[cell]!, act.plan.frames[cell]!.rewrites);
  }

  /* ---------- the synchronous part ---------- */

  /** Runs the root's cells in plan order. False when a promise came up: the rest is for the queue. */
  #sweep(): boolean {
    const act = this.#main;
    const { values } = act;
    const count = act.plan.eagerCells;
    let cell = 0;
    this.#busy = true;
    try {
      for (; cell < count; cell++) {
        const value = values[cell];
        if (value !== EMPTY) {
          if (value instanceof Failure) throw value.error;
          continue;
        }
        this.#start(act, cell);
        if (this.#over) throw this.#reason;
        if (this.#isAsync) {
          this.#demandAll(act);
          return false;
        }
      }
    } catch (error) {
      if (cell < count) {
        values[cell] = new Failure(error);
        noteFailure(error, act, cell);
      }
      throw error;
    } finally {
      this.#busy = false;
    }
    return true;
  }

  /** Evaluates a cell whose upstream is done. What it throws is the cell's failure. */
  #start(act: Activation, cell: number): void {
    if (this.#identities !== undefined && act.identities[cell] === undefined) {
      const twin = this.#identities.claim(act, cell);
      if (twin !== undefined) return this.#join(act, cell, twin);
    }
    if (act.plan.models[cell]!.definition.deps !== undefined && !act.prefetched.has(cell)) {
      if (this.#isSync) void this.#finishSync(act, cell);
      else this.#prefetch(act, cell);
      return;
    }
    this.#evaluate(act, cell);
  }

  #evaluate(act: Activation, cell: number): void {
    const model = act.plan.models[cell]!;
    const { definition } = model;
    act.values[cell] = RUNNING;
    const override = this.#overrides === undefined ? undefined : this.#overrideOf(act, cell);
    const inputs = gather(this, act, cell);
    const result = override?.body !== undefined ? override.body(inputs, this.#callerOf(act, cell))
      : definition.kind === 'class' ? definition.body.call(model, inputs as Readonly<Record<string, unknown>>, this.#callerOf(act, cell))
      : definition.body(inputs as Readonly<Record<string, unknown>>, definition.wantsRun ? this.#callerOf(act, cell) : undefined);
    if ((typeof result === 'object' && result !== null) || typeof result === 'function') {
      if (typeof (result as { then?: unknown }).then === 'function') return this.#pend(act, cell, result as Promise<unknown>);
    } else if (definition.output === undefined) {
      return this.#succeed(act, cell, result);
    }
    this.#succeed(act, cell, finished(act, cell, result, this.#validates(act, cell, override)));
  }

  #validates(act: Activation, cell: number, override: Override | undefined): boolean {
    return override?.validateResult ?? this.#options.validateResult ?? act.plan.models[cell]!.definition.validateResult;
  }

  #succeed(act: Activation, cell: number, value: unknown): void {
    act.values[cell] = value;
    if (this.#isAsync) this.#notify(act, cell, value);
  }

  /** A cell and everything demanded downstream of it fail with the same error. */
  #fail(act: Activation, cell: number, error: unknown): void {
    noteFailure(error, act, cell);
    const failure = new Failure(error);
    const stack = [cell];
    while (stack.length > 0) {
      const failed = stack.pop()!;
      act.values[failed] = failure;
      if (act.remaining !== undefined) {
        eachDependent(act.plan, failed, (dependent) => {
          if (act.remaining![dependent]! > 0 && act.values[dependent] === EMPTY) {
            act.remaining![dependent] = 0;
            stack.push(dependent);
          }
        });
      }
      this.#tell(act, failed, failure);
    }
  }

  #notify(act: Activation, cell: number, value: unknown): void {
    const { remaining } = act;
    if (remaining !== undefined) {
      eachDependent(act.plan, cell, (dependent) => {
        if (remaining[dependent]! > 0 && --remaining[dependent]! === 0) this.#queue.push({ act, cell: dependent });
      });
    }
    this.#tell(act, cell, value);
  }

  #tell(act: Activation, cell: number, value: unknown): void {
    const waiters = act.waiters.get(cell);
    if (waiters === undefined) return;
    act.waiters.delete(cell);
    for (const waiter of waiters) waiter(value);
  }

  #await(act: Activation, cell: number, waiter: Waiter): void {
    const value = act.values[cell];
    if (!isUnfinished(value)) return waiter(value);
    const waiters = act.waiters.get(cell);
    if (waiters === undefined) act.waiters.set(cell, [waiter]);
    else waiters.push(waiter);
  }

  /** The same evaluation stands elsewhere: take its value, or wait for it. */
  #join(act: Activation, cell: number, twin: Place): void {
    const settle = (value: unknown): void => {
      if (value instanceof Failure) {
        this.#fail(act, cell, value.error);
        return;
      }
      const box = twin.act.boxes.get(twin.cell);
      if (box !== undefined) act.boxes.set(cell, box);
      this.#succeed(act, cell, value);
    };
    const value = twin.act.values[twin.cell];
    if (!isUnfinished(value)) return value instanceof Failure ? raise(value.error) : settle(value);
    if (this.#isSync) throw cycleError(syncCycle(act, cell, twin));
    act.values[cell] = PENDING;
    act.joined.set(cell, twin);
    this.#isAsync = true;
    this.#await(twin.act, twin.cell, settle);
  }

  /* ---------- promises and the queue ---------- */

  #pend(act: Activation, cell: number, promise: PromiseLike<unknown>): void {
    const { definition } = act.plan.models[cell]!;
    if (this.#isSync) {
      promise.then(ignore, ignore); // its outcome is nobody's any more
      throw new FlowError('ASYNC_IN_SYNC', `${labelOf(definition)} returned a promise under computeSync. Use compute, or make the body synchronous.`, { details: { model: definition.name } });
    }
    act.values[cell] = PENDING;
    this.#isAsync = true;
    const seat = act.callers.get(cell) ?? { isPlaced: false, waits: NOTHING };
    if (seat.waits.size === 0) this.#take(act, cell, seat);
    const done = (settle: () => void): void => {
      if (this.#over) return;
      if (seat.isPlaced) this.#release(act, cell, seat);
      settle();
      this.#drain();
    };
    promise.then(
      (result) => done(() => {
        try {
          this.#succeed(act, cell, finished(act, cell, result, this.#validates(act, cell, this.#overrideOf(act, cell))));
        } catch (error) {
          this.#fail(act, cell, error);
        }
      }),
      (error: unknown) => done(() => this.#fail(act, cell, error)),
    );
  }

  #take(act: Activation, cell: number, seat: Seat): void {
    seat.isPlaced = true;
    this.#working++;
    if (!act.plan.models[cell]!.definition.orchestrates) this.#active++;
  }

  #release(act: Activation, cell: number, seat: Seat): void {
    seat.isPlaced = false;
    this.#working--;
    if (!act.plan.models[cell]!.definition.orchestrates) this.#active--;
  }

  /** Starts what can start. */
  #drain(): void {
    if (this.#busy || this.#over) return;
    this.#busy = true;
    try {
      for (;;) {
        if (this.#resumes.length > 0 && this.#active < this.#limit) {
          this.#resumes.shift()!();
          continue;
        }
        if (this.#over || this.#head >= this.#queue.length || this.#active >= this.#limit) break;
        const { act, cell } = this.#queue[this.#head++]!;
        if (act.values[cell] !== EMPTY) continue;
        try {
          this.#start(act, cell);
        } catch (error) {
          this.#fail(act, cell, error);
        }
      }
      if (this.#head === this.#queue.length) this.#queue.length = this.#head = 0;
    } finally {
      this.#busy = false;
    }
    if (!this.#over && this.#working === 0 && this.#queue.length === 0 && this.#resumes.length === 0) this.#unlock();
  }

  /** Demands every cell of the root's plan that has not run. */
  #demandAll(act: Activation): void {
    act.remaining ??= new Array<number>(act.values.length).fill(-1);
    for (let cell = 0; cell < act.plan.eagerCells; cell++) if (act.values[cell] === EMPTY && act.remaining[cell]! < 0) this.#schedule(act, cell);
  }

  /** Demands a cell and all that it needs. */
  #demand(act: Activation, target: number): void {
    this.#isAsync = true;
    act.remaining ??= new Array<number>(act.values.length).fill(-1);
    for (const cell of act.closure(target, true)) this.#schedule(act, cell);
  }

  #schedule(act: Activation, cell: number): void {
    let waiting = 0;
    let failure: Failure | undefined;
    eachUpstream(act.plan, cell, (upstream) => {
      const value = act.values[upstream];
      if (value instanceof Failure) failure ??= value;
      else if (isUnfinished(value)) waiting++;
    });
    act.remaining![cell] = waiting;
    if (failure !== undefined) this.#fail(act, cell, failure.error);
    else if (waiting === 0) this.#queue.push({ act, cell });
  }

  /** Nothing works and nothing can start: if bodies wait for each other, one of the waits is told so. */
  #unlock(): void {
    for (const place of this.#waiting()) {
      for (const target of waitsOf(place)) {
        const cycle = waitPath(target, place);
        const caller = place.act.callers.get(place.cell);
        if (cycle === undefined || caller === undefined) continue;
        for (const wait of caller.waits) {
          if (wait.act !== target.act || wait.cell !== target.cell) continue;
          return wait.break(cycleError([place, ...cycle.slice(0, -1)]));
        }
      }
    }
  }

  /** The places whose bodies wait for the run. */
  *#waiting(): Iterable<Place> {
    const seen = new Set<Activation>();
    const acts: Activation[] = [this.#main];
    while (acts.length > 0) {
      const act = acts.pop()!;
      if (seen.has(act)) continue;
      seen.add(act);
      for (const [cell, caller] of act.callers) {
        if (caller.waits.size > 0 && act.values[cell] === PENDING) yield { act, cell };
        for (const wait of caller.waits) acts.push(wait.act);
      }
    }
  }

  /* ---------- what bodies ask for ---------- */

  #callerOf(act: Activation, cell: number): Caller {
    let caller = act.callers.get(cell);
    if (caller === undefined) act.callers.set(cell, (caller = new Caller(this, act, cell)));
    return caller;
  }

  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  nested(caller: Caller, value: unknown, context: unknown): Promise<unknown> {
    if (this.#isSync) return settled(() => this.nestedSync(caller, value, context));
    return settled(() => {
      const act = this.#activate(caller, value, context);
      return this.#request(caller, act, act.plan.root);
    });
  }

  nestedSync(caller: Caller, value: unknown, context: unknown): unknown {
    const act = this.#activate(caller, value, context);
    return this.#finishSync(act, act.plan.root);
  }

  /** The activation of a nested evaluation. From now on equal evaluations are looked for. */
  #activate(caller: Caller, value: unknown, context: unknown): Activation {
    if (this.#over) throw this.#reason;
    const model = nestedModel(value);
    const plan = planOf(model);
    const act = new Activation(plan, nestedContext(caller.act, caller.cell, model, context), caller);
    if (this.#identities === undefined) {
      this.#identities = new Identities();
      this.#identities.adopt(this.#main);
    }
    this.#check(act, eagerCells(plan), plan.eagerSlots);
    return act;
  }

  thunk(act: Activation, cell: number, input: InputSpec, operand: Operand & { kind: 'lazy' }): unknown {
    const caller = this.#callerOf(act, cell);
    let memo: { readonly value: unknown } | undefined;
    let promise: Promise<unknown> | undefined;
    const read = (value: unknown): unknown => (memo = { value: received(act, cell, input, value, operand.cell) }).value;
    const sync = (): unknown => memo?.value ?? read(this.#finishSync(act, this.#branch(act, operand)));
    const thunk = (): Promise<unknown> =>
      (promise ??= settled(() => (this.#isSync ? sync() : this.#request(caller, act, this.#branch(act, operand)).then(read))));
    return Object.assign(thunk, { sync });
  }

  /** The cell of a lazy branch, its contract checked. */
  #branch(act: Activation, operand: Operand & { kind: 'lazy' }): number {
    if (this.#over) throw this.#reason;
    const cell = act.plan.extend(operand);
    act.grow();
    const cells = act.closure(cell, false).filter((needed) => needed >= act.plan.eagerCells);
    const slots = cells.flatMap((needed) => slotsOf(act.plan, needed));
    if (cells.length > 0) this.#check(act, cells, slots);
    return cell;
  }

  /** A promise for a cell's value; the caller gives its place back until it is there. */
  #request(caller: Caller, act: Activation, cell: number): Promise<unknown> {
    const value = act.values[cell];
    if (!isUnfinished(value)) return value instanceof Failure ? Promise.reject(value.error as Error) : Promise.resolve(value);
    const here = { act: caller.act, cell: caller.cell };
    const cycle = waitPath({ act, cell }, here, CYCLE_BUDGET);
    if (cycle !== undefined) throw cycleError([here, ...cycle.slice(0, -1)]);
    this.#demand(act, cell);
    return new Promise((resolve, reject) => {
      const wait = { act, cell, break: (error: unknown) => deliver(() => reject(error as Error)) };
      const deliver = (settle: () => void): void => {
        if (!caller.waits.delete(wait)) return;
        this.#requests.delete(reject);
        this.#resume(caller, settle);
      };
      caller.waits.add(wait);
      this.#requests.add(reject);
      if (caller.isPlaced) this.#release(caller.act, caller.cell, caller);
      this.#await(act, cell, (found) => deliver(() => (found instanceof Failure ? reject(found.error as Error) : resolve(found))));
      this.#drain();
    });
  }

  /** Hands a body what it waited for, once it has its place back. */
  #resume(caller: Caller, deliver: () => void): void {
    const { act, cell } = caller;
    if (caller.waits.size > 0 || caller.isPlaced || act.values[cell] !== PENDING) return deliver();
    const go = (): void => {
      if (act.values[cell] === PENDING && !caller.isPlaced) this.#take(act, cell, caller);
      deliver();
    };
    if (this.#active < this.#limit || act.plan.models[cell]!.definition.orchestrates) go();
    else this.#resumes.push(go);
  }

  /* ---------- evaluation without promises ---------- */

  /** Evaluates a cell and all that it needs right now; what class models prefetch included, with a stack of its own. Throws the cell's failure. */
  #finishSync(target: Activation, targetCell: number): unknown {
    const wasBusy = this.#busy;
    this.#busy = true;
    const stack: (Place & { isPrefetched?: boolean })[] = [{ act: target, cell: targetCell }];
    try {
      while (stack.length > 0) {
        if (this.#over) throw this.#reason;
        this.#step(stack);
      }
    } finally {
      this.#busy = wasBusy;
    }
    this.#drain();
    const value = target.values[targetCell];
    if (value instanceof Failure) throw value.error;
    if (isUnfinished(value)) throw inFlight(target, targetCell);
    return value;
  }

  #step(stack: (Place & { isPrefetched?: boolean })[]): void {
    const top = stack.at(-1)!;
    const { act, cell } = top;
    const value = act.values[cell];
    if (value !== EMPTY && top.isPrefetched !== true) {
      if (value === RUNNING) throw cycleError(syncCycle(act, cell, top));
      if (value === PENDING) throw inFlight(act, cell);
      stack.pop();
      return;
    }
    try {
      const missing = top.isPrefetched === true ? [] : this.#missing(act, cell);
      if (missing.length > 0) {
        for (let i = missing.length - 1; i >= 0; i--) stack.push({ act, cell: missing[i]! });
        return;
      }
      if (act.plan.models[cell]!.definition.deps !== undefined && top.isPrefetched !== true && !act.prefetched.has(cell)) {
        const twin = act.identities[cell] === undefined ? this.#identities?.claim(act, cell) : undefined;
        if (twin !== undefined) return void (this.#join(act, cell, twin), stack.pop());
        top.isPrefetched = true;
        act.prefetched.add(cell);
        act.values[cell] = RUNNING;
        const wanted = this.#dependencies(act, cell);
        if (isPromise(wanted)) throw new FlowError('ASYNC_IN_SYNC', `deps of ${labelOf(act.plan.models[cell]!.definition)} returned a promise under computeSync. Use compute.`);
        for (const place of this.#placesOf(act, cell, wanted).reverse()) stack.push(place);
        return;
      }
      if (top.isPrefetched === true) this.#evaluate(act, cell);
      else this.#start(act, cell);
    } catch (error) {
      this.#fail(act, cell, error);
    }
    stack.pop();
  }

  /** The upstream cells still to evaluate. Throws their failure, or what keeps them from being evaluated now. */
  #missing(act: Activation, cell: number): number[] {
    const missing: number[] = [];
    eachUpstream(act.plan, cell, (upstream) => {
      const value = act.values[upstream];
      if (value === EMPTY) missing.push(upstream);
      else if (value instanceof Failure) throw value.error;
      else if (value === RUNNING) throw cycleError(syncCycle(act, upstream, { act, cell: upstream }));
      else if (value === PENDING) throw inFlight(act, upstream);
    });
    return missing;
  }

  /* ---------- what class models ask for ahead ---------- */

  #dependencies(act: Activation, cell: number): readonly ModelDependency[] | Promise<readonly ModelDependency[]> {
    const model = act.plan.models[cell]!;
    return model.definition.deps!.call(model, gather(this, act, cell), this.#callerOf(act, cell));
  }

  #placesOf(act: Activation, cell: number, wanted: readonly ModelDependency[]): Place[] {
    if (!Array.isArray(wanted)) throw new FlowError('DEFINITION', `deps of ${labelOf(act.plan.models[cell]!.definition)} returns a list of { model, contexts }.`);
    const caller = this.#callerOf(act, cell);
    return wanted.flatMap(({ model, contexts }) => contexts.map((context: object) => {
      const nested = this.#activate(caller, model, context);
      return { act: nested, cell: nested.plan.root };
    }));
  }

  /** Evaluates what a class model's `deps` names, then queues the cell again. Failures are left for the body to meet. */
  #prefetch(act: Activation, cell: number): void {
    act.prefetched.add(cell);
    act.values[cell] = RUNNING;
    const wanted = this.#dependencies(act, cell);
    act.values[cell] = PENDING;
    this.#isAsync = true;
    const proceed = (list: readonly ModelDependency[]): void => {
      const caller = this.#callerOf(act, cell);
      const ready = (): void => {
        act.values[cell] = EMPTY;
        act.remaining ??= new Array<number>(act.values.length).fill(-1);
        act.remaining[cell] = 0;
        this.#queue.push({ act, cell });
        this.#drain();
      };
      let left = 1;
      const one = (): void => {
        if (--left === 0 && !this.#over) ready();
      };
      for (const place of this.#placesOf(act, cell, list)) {
        const here = { act, cell };
        const cycle = waitPath(place, here, CYCLE_BUDGET);
        if (cycle !== undefined) throw cycleError([here, ...cycle.slice(0, -1)]);
        left++;
        this.#demand(place.act, place.cell);
        const wait = { ...place, break: (error: unknown) => void (caller.waits.clear(), this.#fail(act, cell, error)) };
        caller.waits.add(wait);
        this.#await(place.act, place.cell, () => {
          if (caller.waits.delete(wait)) one();
        });
      }
      one();
    };
    if (!isPromise(wanted)) return proceed(wanted);
    this.#working++;
    wanted.then(proceed).catch((error: unknown) => this.#fail(act, cell, error)).finally(() => {
      this.#working--;
      this.#drain();
    });
  }
}

/** A body's place among the running ones. */
interface Seat {
  isPlaced: boolean;
  readonly waits: ReadonlySet<unknown>;
}
const NOTHING: ReadonlySet<unknown> = new Set();

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

function raise(error: unknown): never {
  throw error;
}

/** A promise of what `make` yields or throws. Nobody is obliged to await it: a dependency called for and not used is no crash. */
function settled(make: () => unknown): Promise<unknown> {
  let promise: Promise<unknown>;
  try {
    promise = Promise.resolve(make());
  } catch (error) {
    promise = Promise.reject(error as Error);
  }
  promise.catch(ignore);
  return promise;
}

function inFlight(act: Activation, cell: number): FlowError {
  const name = labelOf(act.plan.models[cell]!.definition);
  return new FlowError('ASYNC_IN_SYNC', `${name} is asynchronous and cannot be had synchronously. Await it: await thunk(), await run.compute(model).`, { details: { model: name } });
}

/** The cells on the way from the evaluation that is met again down to the one that meets it. */
function syncCycle(act: Activation, cell: number, met: Place): Place[] {
  const places: Place[] = [{ act, cell }];
  for (let caller = act.caller; caller !== undefined; caller = caller.act.caller) {
    if (caller.act === met.act && caller.cell === met.cell) break;
    places.unshift({ act: caller.act, cell: caller.cell });
  }
  return places;
}

function* eagerCells(plan: Plan): Iterable<number> {
  for (let cell = 0; cell < plan.eagerCells; cell++) yield cell;
}

function slotsOf(plan: Plan, cell: number): number[] {
  const slots: number[] = [];
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    if (op < LITERAL && isSlotOperand(op) && plan.computedBelow[slotOf(op)]!.length === 0) slots.push(slotOf(op));
  }
  return slots;
}
