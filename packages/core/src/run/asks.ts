/** What bodies ask of their run: nested evaluations, lazy branches, the signal. */
import { asModel } from '../model/brand.ts';
import type { InputSpec } from '../model/definition.ts';
import { labelOf } from '../model/definition.ts';
import type { Model } from '../model/model.ts';
import { indexOf, isSlot } from '../plan/plan.ts';
import { planOf } from '../plan/planner.ts';
import type { Plan } from '../plan/plan.ts';
import { Activation } from './activation.ts';
import { Caller } from './caller.ts';
import type { LazyOperand, RunServices } from './caller.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { cycleError, endlessError, waitPath, waitsOf } from './cycles.ts';
import { FlowError } from '../errors.ts';
import { finishSync } from './finish-sync.ts';
import type { Receiver } from './flow-run.ts';
import { giveUp } from './give-up.ts';
import { received } from './gather.ts';
import type { GatherServices } from './gather.ts';
import type { Place } from './identity.ts';
import { nestedContext, nestedModel } from './nested.ts';
import { treatOf } from './options.ts';
import { Deferred, Request } from './request.ts';
import type { Run } from './run.ts';
import { hasProblem, Solo, soloPlanOf } from './solo.ts';
import type { SoloPlan } from './solo.ts';
import { Failure, isUnfinished } from './states.ts';

/** Evaluations inside evaluations; a recursion that makes its models anew each time shows no cycle. */
const DEEPEST = 50_000;

/** How far a new wait looks for a cycle at once; longer ones show when the run stands still. */
const CYCLE_BUDGET = 64;

export class Asks implements RunServices, GatherServices {
  readonly #run: Run;
  #controller: AbortController | undefined = undefined;
  /** Who asks for many evaluations asks for one model again and again. */
  #lastAsked: Model | undefined = undefined;
  #lastPlan: SoloPlan | undefined = undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  get resources(): Readonly<Record<string, unknown>> | undefined {
    return this.#run.options.resources;
  }

  get clock(): Clock {
    return this.#run.options.clock ?? systemClock;
  }

  get isSync(): boolean {
    return this.#run.isSync;
  }

  callerOf(act: Activation, cell: number): Caller {
    let caller = act.callers.get(cell);
    if (caller === undefined) act.callers.set(cell, (caller = new Caller(this, act, cell)));
    return caller;
  }

  /* ---------- the signal ---------- */

  get hasSignal(): boolean {
    return this.#controller !== undefined;
  }

  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#run.isOver) this.#controller.abort(this.#run.reason);
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }

  /* ---------- nested evaluations ---------- */

  nested(caller: Caller, value: unknown, context: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const deferred = new Deferred();
    this.ask(caller, value, context, signal, deferred);
    return deferred.promise;
  }

  /** Evaluates a model in this run; a receiver is told what becomes of it. */
  ask(caller: Caller, value: unknown, context: unknown, signal: AbortSignal | undefined, receiver: Receiver): void {
    try {
      if (signal !== undefined) this.#askUntil(signal, caller, value, context, receiver);
      else if (this.#run.isSync) receiver.resolve(this.nestedSync(caller, value, context));
      else if (!this.#askSolo(caller, value, context, receiver)) {
        const act = this.activate(caller, value, context);
        this.#requestNew(caller, act, act.plan.root, receiver);
      }
    } catch (error) {
      receiver.reject(error);
    }
  }

  /** False where the evaluation needs more than a solo has. */
  #askSolo(caller: Caller, value: unknown, context: unknown, receiver: Receiver): boolean {
    const run = this.#run;
    if (run.managed !== undefined || run.isOver || caller.act.depth >= DEEPEST) return false;
    const plan = this.#soloPlanOf(value);
    const values = plan?.valuesFrom(context);
    if (values === undefined) return false;
    run.identify();
    if (hasProblem(values)) {
      const act = new Activation(plan!.plan, nestedContext(caller.act, caller.cell, value as Model, context), caller);
      plan!.putInto(act, values);
      run.check(act, undefined, act.plan.eagerSlots);
    }
    run.assertOpen(); // a getter or a schema may have aborted
    run.isAsync = true;
    run.begin(new Solo(run, caller, plan!, values, receiver));
    return true;
  }

  #soloPlanOf(value: unknown): SoloPlan | undefined {
    if (value === this.#lastAsked) return this.#lastPlan;
    const model = asModel(value);
    if (model === undefined) return undefined;
    this.#lastPlan = soloPlanOf(planOf(model, treatOf(this.#run.options)));
    this.#lastAsked = model;
    return this.#lastPlan;
  }

  /** A nested evaluation that ends when a signal fires. */
  #askUntil(signal: AbortSignal, caller: Caller, value: unknown, context: unknown, receiver: Receiver): void {
    const run = this.#run;
    run.manage(); // so that its bodies have signals of their own
    const cancelled = (): FlowError => new FlowError('CANCELLED', `${nestedModel(value).brief()} was cancelled by the signal given to run.compute.`, { path: caller.path(), cause: signal.reason });
    if (signal.aborted) throw cancelled();
    if (run.isSync) return receiver.resolve(this.nestedSync(caller, value, context));
    const act = this.activate(caller, value, context);
    const onAbort = (): void => {
      const error = cancelled();
      for (const wait of caller.waits) if (wait.act === act) wait.break(error);
      giveUp(run, act, error);
      run.drain();
    };
    const done = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#requestNew(caller, act, act.plan.root, {
      resolve(outcome) {
        done();
        receiver.resolve(outcome);
      },
      reject(error) {
        done();
        receiver.reject(error);
      },
    });
  }

  nestedSync(caller: Caller, value: unknown, context: unknown): unknown {
    const act = this.activate(caller, value, context);
    return this.#finishSync(caller, act, act.plan.root);
  }

  /** The activation of a nested evaluation, its contract checked. From now on equal evaluations are looked for. */
  activate(caller: Caller, value: unknown, context: unknown): Activation {
    const run = this.#run;
    run.assertOpen();
    const model = nestedModel(value);
    const plan = planOf(model, treatOf(run.options));
    if (plan.hasEvaluators) run.manage();
    if (caller.act.depth >= DEEPEST) throw endlessError(labelOf(model.definition), caller, DEEPEST);
    const act = new Activation(plan, nestedContext(caller.act, caller.cell, model, context), caller);
    run.identify();
    run.checkEager(act);
    run.assertOpen(); // a transform or a schema may have aborted
    return act;
  }

  /* ---------- lazy branches ---------- */

  thunk(act: Activation, cell: number, input: InputSpec, operand: LazyOperand): unknown {
    const caller = this.callerOf(act, cell);
    let memo: { readonly value: unknown } | undefined;
    let promise: Promise<unknown> | undefined;
    const read = (value: unknown): unknown => (memo ??= { value: received(act, cell, input, value, operand.cell) }).value;
    const sync = (): unknown => (memo === undefined ? read(caller.branchSync(operand)) : memo.value);
    const thunk = (): Promise<unknown> =>
      (promise ??= promised(() => (this.#run.isSync || memo !== undefined ? sync() : caller.branch(operand).then(read))));
    return Object.assign(thunk, { sync });
  }

  branch(caller: Caller, operand: LazyOperand): Promise<unknown> {
    const deferred = new Deferred();
    this.request(caller, caller.act, this.#branch(caller, caller.act, operand), deferred);
    return deferred.promise;
  }

  branchSync(caller: Caller, operand: LazyOperand): unknown {
    return this.#finishSync(caller, caller.act, this.#branch(caller, caller.act, operand));
  }

  #finishSync(caller: Caller, act: Activation, cell: number): unknown {
    const { managed } = this.#run;
    void managed?.lookUp(act, cell, true); // never a promise
    const value = finishSync(this.#run, act, cell);
    managed?.inherit(caller, act, cell);
    this.release(act, cell);
    return value;
  }

  /** The cell of a lazy branch, its contract checked. */
  #branch(caller: Caller, act: Activation, operand: LazyOperand): number {
    this.#run.assertOpen();
    const cell = act.plan.extend(operand);
    act.grow();
    if (act.plan.hasEvaluators) this.#run.manage();
    if (act.plan.repeats) this.#run.identify();
    const cells = act.closure(cell, false).filter((needed) => needed >= act.plan.eagerCells);
    if (this.#run.managed !== undefined) for (const needed of cells) if (!act.askers.has(needed)) act.askers.set(needed, caller);
    if (cells.length > 0) this.#run.check(act, cells, cells.flatMap((needed) => earlySlots(act.plan, needed)));
    return cell;
  }

  /* ---------- waiting ---------- */

  /** Tells a receiver a cell's value when it is there; the caller gives its place back until then. Throws CYCLE. */
  request(caller: Caller, act: Activation, cell: number, receiver: Receiver): void {
    const value = act.values[cell];
    if (isUnfinished(value)) {
      this.refuseCycle(caller, { act, cell });
      return this.#requestNew(caller, act, cell, receiver);
    }
    this.#run.managed?.inherit(caller, act, cell);
    if (value instanceof Failure) receiver.reject(value.error);
    else receiver.resolve(value);
  }

  /** The same for a cell that nobody has asked for yet and that so waits for nobody: no need to look for a cycle. */
  #requestNew(caller: Caller, act: Activation, cell: number, receiver: Receiver): void {
    const run = this.#run;
    run.want(act, cell);
    run.await(act, cell, new Request(run, caller, act, cell, receiver));
    run.drain();
  }

  /** A nested evaluation that is done lets go of what nobody needs any more. */
  release(act: Activation, cell: number): void {
    if (act === this.#run.main || act.caller === undefined || cell !== act.plan.root) return;
    act.release();
    this.#run.managed?.memory.forget(act);
  }

  /** Throws CYCLE where a caller would come to wait for itself, as far as that is seen at once. */
  refuseCycle(caller: Caller, target: Place): void {
    const here = { act: caller.act, cell: caller.cell };
    const cycle = waitPath(target, here, CYCLE_BUDGET);
    if (cycle !== undefined) throw cycleError([here, ...cycle.slice(0, -1)]);
  }

  /** Nothing works and nothing can start: where bodies wait for each other, one of the waits is ended with CYCLE. */
  breakDeadlock(): void {
    for (const caller of this.#waiting()) {
      const here = { act: caller.act, cell: caller.cell };
      for (const wait of caller.waits) {
        const cycle = waitPath(wait, here);
        if (cycle !== undefined) return wait.break(cycleError([here, ...cycle.slice(0, -1)]));
      }
    }
  }

  /** The callers that wait, wherever they are. */
  *#waiting(): Iterable<Caller> {
    const seen = new Set<Activation>([this.#run.main]);
    for (const act of seen) {
      for (const caller of act.callers.values()) {
        if (caller.waits.size > 0 && waitsOf(caller).length > 0) yield caller;
        for (const wait of caller.waits) seen.add(wait.act);
      }
    }
  }
}

/** A promise of what `make` yields or throws. Nobody is obliged to await it: a dependency called for and not used is no crash. */
function promised(make: () => unknown): Promise<unknown> {
  const promise = new Promise((resolve) => {
    resolve(make());
  });
  promise.catch(ignore);
  return promise;
}

const ignore = (): void => {};

/** The slots of a cell that can be filled before any body runs. */
function earlySlots(plan: Plan, cell: number): number[] {
  const slots: number[] = [];
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    if (isSlot(op) && plan.computedBelow[indexOf(op)]!.length === 0) slots.push(indexOf(op));
  }
  return slots;
}
