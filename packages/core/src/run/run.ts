/**
 * A run: one plan evaluated in one context, with whatever its bodies ask for on the way.
 *
 * The state, all of it, and what always holds:
 * - `main`: the root's activation; nested `run.compute` calls add activations of their own. In an activation `values[cell]` is EMPTY,
 *   RUNNING, PENDING, a `Failure` or the value, and only moves on in that order. Values and failures never change again.
 * - `isAsync`: whether some body handed back a promise or asked for something. Until then cells run in plan order in one loop (`sweep`);
 *   from then on `remaining` counts, for each demanded cell, upstream cells not yet done, and a cell is queued when its count gets to 0.
 * - `seats`: the queue, and how many bodies work.
 * - `isBusy`: whether somebody up the stack works the queue or the sweep, so that nobody below does.
 * - `finishing`: how many evaluations that cannot wait are under way, one inside the other.
 * - `open`: who waits for an answer, the caller for all of it and bodies for parts.
 * - `isOver`, `reason`: set once, when the run is done, failed or cancelled. Nothing starts after that.
 * - `managed`: there is one where there are evaluators, an observer or a cache; all that these need is in there.
 * - `identities`: undefined until cells that the plan keeps apart may be the same evaluation.
 */
import { FlowError, show } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { Activation } from './activation.ts';
import type { Waiter } from './activation.ts';
import { Asks } from './asks.ts';
import { cycleError, nestedCycle } from './cycles.ts';
import { demand } from './demand.ts';
import { finishSync } from './finish-sync.ts';
import { gather } from './gather.ts';
import { anyEqual, Identities } from './identity.ts';
import type { Place } from './identity.ts';
import type { KernelRun } from './kernel.ts';
import { isManaged } from './options.ts';
import type { ComputeOptions, Overridden, Override } from './options.ts';
import { Managed } from './managed.ts';
import type { Remembering } from './memory.ts';
import { OpenOnes } from './open.ts';
import type { Open } from './open.ts';
import { noteFailure, rootLabel } from './paths.ts';
import { pend } from './pend.ts';
import { prefetch } from './prefetch.ts';
import { checkContract } from './problems.ts';
import { boxed, finished, isPromise } from './results.ts';
import { Seats } from './seats.ts';
import { Solo } from './solo.ts';
import { EMPTY, Failure, isUnfinished, PENDING, RUNNING } from './states.ts';
import { sweep } from './sweep.ts';
import type { Task } from './task.ts';

/** The caller's own promise. */
class Whole implements Open {
  before: Open | undefined = undefined;
  after: Open | undefined = undefined;
  readonly reject: (reason: unknown) => void;

  constructor(reject: (reason: unknown) => void) {
    this.reject = reject;
  }
}

export class Run implements KernelRun {
  readonly main: Activation;
  readonly options: ComputeOptions;
  readonly isSync: boolean;
  isAsync = false;
  isBusy = false;
  finishing = 0;
  isOver = false;
  reason: unknown = undefined;
  identities: Identities | undefined = undefined;
  managed: Managed | undefined = undefined;
  readonly remembering: Remembering;
  #seats: Seats | undefined = undefined;
  #asks: Asks | undefined = undefined;
  #open: OpenOnes | undefined = undefined;
  #unlisten: (() => void) | undefined = undefined;

  constructor(plan: Plan, context: Readonly<Record<string, unknown>>, options: ComputeOptions, isSync: boolean, remembering: Remembering, main = new Activation(plan, context, undefined)) {
    this.main = main;
    this.options = options;
    this.isSync = isSync;
    this.remembering = remembering;
    if (isManaged(options) || plan.hasEvaluators) this.managed = new Managed(this, remembering);
  }

  /** Another run in which one body of this one goes on, with nobody who watches or ends it. */
  successor(main: Activation): Run {
    return new Run(main.plan, main.context, { ...this.options, signal: undefined, observer: undefined }, false, this.remembering, main);
  }

  /** From now on evaluators are at work. */
  manage(): Managed {
    return (this.managed ??= new Managed(this, this.remembering));
  }

  // What a run of plain bodies does not need is made when it is first asked for.

  get seats(): Seats {
    return (this.#seats ??= new Seats(this.options.concurrency ?? Infinity));
  }

  get asks(): Asks {
    return (this.#asks ??= new Asks(this));
  }

  get open(): OpenOnes {
    return (this.#open ??= new OpenOnes());
  }

  /* ---------- begin and end ---------- */

  computeSync(): unknown {
    try {
      this.#prepare();
      void this.managed?.lookUp(this.main, this.main.plan.root); // never a promise here
      sweep(this);
    } catch (error) {
      this.end(new Failure(error));
      throw error;
    }
    this.end(undefined);
    return boxed(this.main, this.main.plan.root);
  }

  compute(): Promise<unknown> {
    const { main } = this;
    const { root } = main.plan;
    try {
      this.#prepare();
      const looking = this.managed?.lookUp(main, root);
      if (looking !== undefined) this.#proceedAfter(looking, main, root);
      else if (sweep(this)) {
        this.end(undefined);
        return Promise.resolve(boxed(main, root));
      }
    } catch (error) {
      this.end(new Failure(error));
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      if (this.isOver) return void reject(this.reason);
      const whole = new Whole(reject);
      this.open.add(whole);
      this.await(main, root, {
        told: (value) => {
          this.open.delete(whole);
          if (value instanceof Failure) reject(value.error);
          else resolve(boxed(main, root));
          this.end(value instanceof Failure ? value : undefined);
        },
      });
      this.drain();
    });
  }

  /** Asks for a cell and all that it needs, what is remembered aside. */
  want(act: Activation, cell: number): void {
    const looking = this.managed?.lookUp(act, cell);
    if (looking === undefined) demand(this, act, cell);
    else this.#proceedAfter(looking, act, cell);
  }

  #proceedAfter(looking: Promise<void>, act: Activation, cell: number): void {
    this.isAsync = true;
    void looking.then(() => {
      if (this.isOver) return;
      demand(this, act, cell);
      this.drain();
    });
  }

  #prepare(): void {
    const { signal } = this.options;
    const { plan } = this.main;
    this.managed?.begin();
    if (signal !== undefined) {
      if (signal.aborted) throw this.#cancelled(signal.reason);
      const onAbort = (): void => this.end(new Failure(this.#cancelled(signal.reason)));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#unlisten = () => signal.removeEventListener('abort', onAbort);
    }
    this.checkEager(this.main);
    this.assertOpen(); // a transform or a schema may have aborted
    if (this.managed?.memory.isOn === true) this.identify();
    else if (plan.repeats && (plan.hasLazy || plan.computedBelow.some((below) => below.length > 0) || anyEqual(this.main))) this.identities = new Identities();
  }

  /** The last thing that happens to a run, once. What bodies still wait for is told that the run is over. */
  end(failure: Failure | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#unlisten?.();
    this.#seats?.clear();
    if (failure !== undefined) this.reason = failure.error;
    else if (this.#open?.isEmpty !== false && this.#asks?.hasSignal !== true && this.managed?.isIdle !== false) return this.managed?.end(undefined);
    else this.reason = this.#cancelled(undefined);
    this.managed?.end(failure);
    this.#asks?.abort(this.reason);
    this.#open?.rejectAll(this.reason);
  }

  /** Throws when nothing may start any more. */
  assertOpen(): void {
    if (!this.isOver) return;
    this.reason ??= this.#cancelled(undefined);
    throw this.reason;
  }

  /** Throws when nobody wants a task's outcome any more. A task that other runs wait for outlives its own. */
  assertWanted(task: Task): void {
    if (task.scope.isAborted) throw task.scope.reason;
  }

  #cancelled(reason: unknown): FlowError {
    const path = [rootLabel(this.main.plan)];
    const why = reason === undefined ? 'its run is over' : reason instanceof Error ? reason.message : show(reason);
    return new FlowError('CANCELLED', `${path[0]} was cancelled: ${why}.`, { path, cause: reason });
  }

  /** The up-front check of an activation's eager cells. */
  checkEager(act: Activation): void {
    const { plan } = act;
    if (!act.fillEarly() || plan.unbound.length > 0 || plan.usesResources) this.check(act, undefined, plan.eagerSlots);
  }

  /** The up-front check of some cells, or of all eager ones. */
  check(act: Activation, cells: readonly number[] | undefined, slots: readonly number[]): void {
    checkContract(act, cells, slots, this.options.resources, (cell) => this.overrideOf(act, cell)?.body !== undefined);
  }

  overrideOf(act: Activation, cell: number): Override | undefined {
    return (act.plan.treatments.get(cell) as Overridden | undefined)?.override; // all treatments of a run come from its overrides
  }

  /* ---------- cells ---------- */

  /** A kernel's cell whose result is an object: true when the sweep has to stop. */
  finish(cell: number, result: unknown): boolean {
    this.#take(this.main, cell, result, undefined);
    return this.isAsync;
  }

  /** Evaluates a cell whose upstream is done. What it throws is the cell's failure. */
  start(act: Activation, cell: number): void {
    if (this.identities !== undefined && this.join(act, cell)) return;
    if (act.plan.models[cell]!.definition.deps !== undefined && !act.prefetched.has(cell)) {
      if (this.isSync) finishSync(this, act, cell);
      else prefetch(this, act, cell);
      return;
    }
    this.evaluate(act, cell);
  }

  evaluate(act: Activation, cell: number): void {
    const model = act.plan.models[cell]!;
    const { definition } = model;
    const override = act.plan.treatments.size === 0 ? undefined : this.overrideOf(act, cell);
    if (this.managed !== undefined) return this.managed.evaluate(act, cell, override);
    act.values[cell] = RUNNING;
    const inputs = gather(this.asks, act, cell) as Readonly<Record<string, unknown>>;
    if (this.isOver) throw this.reason;
    const result = override?.body !== undefined ? override.body(inputs, this.asks.callerOf(act, cell))
      : definition.kind === 'class' ? definition.body.call(model, inputs, this.asks.callerOf(act, cell))
      : definition.body(inputs, definition.wantsRun ? this.asks.callerOf(act, cell) : undefined);
    if (definition.output === undefined && (typeof result === 'object' ? result === null : typeof result !== 'function')) this.succeed(act, cell, result);
    else this.#take(act, cell, result, override);
  }

  #take(act: Activation, cell: number, result: unknown, override: Override | undefined): void {
    if (isPromise(result)) pend(this, act, cell, result);
    else this.succeed(act, cell, finished(act, cell, result, this.validates(act, cell, override)));
  }

  validates(act: Activation, cell: number, override: Override | undefined): boolean {
    return override?.validateResult ?? this.options.validateResult ?? act.plan.models[cell]!.definition.validateResult;
  }

  succeed(act: Activation, cell: number, value: unknown): void {
    act.values[cell] = value;
    if (!this.isAsync) return;
    const { remaining } = act;
    if (remaining !== undefined) {
      const { starts, targets } = act.dependents;
      for (let i = starts[cell]!; i < starts[cell + 1]!; i++) {
        const dependent = targets[i]!;
        if (remaining[dependent]! > 0 && --remaining[dependent]! === 0) this.seats.push({ act, cell: dependent });
      }
    }
    act.tell(cell, value);
  }

  /** A cell and everything demanded downstream of it fail with the same error. */
  fail(act: Activation, cell: number, error: unknown): void {
    noteFailure(error, act, cell);
    const failure = new Failure(error);
    const { remaining } = act;
    const stack = [cell];
    while (stack.length > 0) {
      const failed = stack.pop()!;
      act.values[failed] = failure;
      if (remaining !== undefined) {
        const { starts, targets } = act.dependents;
        for (let i = starts[failed]!; i < starts[failed + 1]!; i++) {
          const dependent = targets[i]!;
          if (remaining[dependent]! <= 0 || act.values[dependent] !== EMPTY) continue;
          remaining[dependent] = 0;
          stack.push(dependent);
        }
      }
      act.tell(failed, failure);
    }
  }

  /** Tells a cell's value or `Failure`, now or when it is there. */
  await(act: Activation, cell: number, waiter: Waiter): void {
    const value = act.values[cell];
    if (!isUnfinished(value)) return waiter.told(value);
    act.whenSettled(cell, waiter);
  }

  /** From now on equal evaluations are looked for. */
  identify(): void {
    if (this.identities !== undefined) return;
    const { memory } = this.managed ?? {};
    this.identities = memory?.isOn === true ? new Identities((model) => memory.contentOf(model), (act, cell) => memory.identityOf(act, cell)) : new Identities();
    this.identities.adopt(this.main);
  }

  /** Whether the same evaluation stands elsewhere; then the cell takes its outcome, or waits for it. */
  join(act: Activation, cell: number): boolean {
    const twin = act.identities[cell] === undefined ? this.identities?.claim(act, cell) : undefined;
    if (twin === undefined) return false;
    const value = twin.act.values[twin.cell];
    if (value instanceof Failure) throw value.error;
    const settle = (found: unknown): void => {
      if (act.values[cell] instanceof Failure) return; // given up meanwhile
      if (found instanceof Failure) return this.fail(act, cell, found.error);
      this.managed?.inherit({ act, cell }, twin.act, twin.cell);
      const box = twin.act.boxOf(twin.cell);
      if (box !== undefined) act.boxes.set(cell, box);
      this.succeed(act, cell, found);
    };
    if (isUnfinished(value)) {
      if (this.isSync || (value === RUNNING && this.finishing > 0)) throw cycleError(nestedCycle({ act, cell }, twin));
      act.values[cell] = PENDING;
      act.joined.set(cell, twin);
      twin.act.followed.add(twin.cell);
      this.isAsync = true;
    }
    this.await(twin.act, twin.cell, { told: settle });
    return true;
  }

  /* ---------- the queue ---------- */

  /** Starts it now if it is its turn. */
  begin(solo: Solo): void {
    if (!this.isBusy && this.seats.isFree) {
      this.isBusy = true;
      try {
        solo.begin();
      } finally {
        this.isBusy = false;
      }
    } else this.seats.pushSolo(solo);
    this.drain();
  }

  /** Starts what can start. */
  drain(): void {
    if (this.isBusy || this.isOver) return;
    this.isBusy = true;
    try {
      for (let next = this.seats.next(); next !== undefined; next = this.seats.next()) {
        if (typeof next === 'function') next();
        else if (next instanceof Solo) next.begin();
        else if (next.act.values[next.cell] === EMPTY) this.startOrFail(next);
      }
    } finally {
      this.isBusy = false;
    }
    if (!this.isOver && this.seats.isIdle) this.asks.breakDeadlock();
  }

  startOrFail({ act, cell }: Place): void {
    try {
      this.start(act, cell);
    } catch (error) {
      this.fail(act, cell, error);
    }
  }
}
