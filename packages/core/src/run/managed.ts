/**
 * What a run does in addition where it has a cache, evaluators or an observer. A run without them has none of this.
 *
 * - `tasks`: bodies at work. A task leaves when it has its outcome, or when its run is over and no other run waits for it.
 * - `emitter`: there is one when there is an observer.
 */
import { FlowError } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import { eachUpstream } from '../plan/plan.ts';
import type { Activation } from './activation.ts';
import { runChain } from './chain.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { Emitter } from './events.ts';
import type { NodeStatus, Subject } from './events.ts';
import type { Evaluation, Evaluator } from './evaluation.ts';
import { gather } from './gather.ts';
import type { Memory, Remembering } from './memory.ts';
import type { Override } from './options.ts';
import { fullPath, rootLabel } from './paths.ts';
import { hold } from './pend.ts';
import { Placeholder } from './placeholder.ts';
import { finished, isPromise } from './results.ts';
import type { Run } from './run.ts';
import { Failure, RUNNING } from './states.ts';
import { outlive } from './outlive.ts';
import { givenContext, shownInputs, shownValue } from './shown.ts';
import { CellEvaluation, Task } from './task.ts';

const NONE: readonly Evaluator[] = [];

export class Managed {
  readonly run: Run;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly emitter: Emitter | undefined;
  readonly #tasks = new Set<Task>();
  readonly #states = new Map<object, unknown>();
  /** The run as a whole, as events name it. */
  readonly #whole: Subject | undefined;
  #startedAt = 0;
  /** What an answer of the run waits for: results that a cache is still storing. */
  ended: Promise<void> | undefined = undefined;

  constructor(run: Run, remembering: Remembering) {
    this.run = run;
    this.clock = run.options.clock ?? systemClock;
    this.memory = remembering.memoryOf(run);
    const { observer } = run.options;
    if (observer === undefined) return;
    this.emitter = new Emitter(observer, this.clock);
    const model = rootLabel(run.main.plan);
    this.#whole = { spanId: this.emitter.newSpan(), parentSpanId: undefined, model, path: () => [model] };
  }

  get isSync(): boolean {
    return this.run.isSync;
  }

  stateOf<T>(owner: object, make: () => T): T {
    if (!this.#states.has(owner)) this.#states.set(owner, make());
    return this.#states.get(owner) as T;
  }

  /* ---------- the run ---------- */

  begin(): void {
    if (this.emitter === undefined) return;
    this.#startedAt = this.clock.now();
    this.emitter.emit(this.#whole!, { type: 'run:start', context: givenContext(this.run.main) });
  }

  /** The run is over. What no other run waits for is told so. */
  end(failure: Failure | undefined): void {
    const error = failure?.error;
    const isCancelled = error instanceof FlowError && error.code === 'CANCELLED';
    const reason = this.run.reason;
    this.#bequeath();
    for (const task of this.#tasks) {
      if (task.heir !== undefined) continue;
      this.#tasks.delete(task);
      if (this.memory.isOn) this.memory.isWanted(task); // takes it off the list of what others may wait for
      this.#ended(task, 'cancelled', undefined, reason);
      task.scope.abort(reason);
    }
    this.memory.leave();
    this.ended = failure === undefined && !this.isSync ? this.memory.stored() : undefined;
    if (this.emitter === undefined) return;
    const status: NodeStatus = failure === undefined ? 'computed' : isCancelled ? 'cancelled' : 'failed';
    const durationMs = this.clock.now() - this.#startedAt;
    const tell = (): void => this.emitter!.emit(this.#whole!, { type: 'run:end', status, durationMs, error });
    if (this.ended === undefined) tell();
    else this.ended = this.ended.then(tell);
  }

  /** Bodies that other runs wait for go on, each in a run of its own, which waits in turn for what the body was waiting for. */
  #bequeath(): void {
    let isDone = !this.memory.isOn;
    while (!isDone) {
      isDone = true;
      for (const task of this.#tasks) {
        if (task.heir !== undefined || !this.memory.isWanted(task)) continue;
        isDone = false;
        this.#ended(task, 'cancelled', undefined, this.run.reason);
        outlive(task, this.run);
      }
    }
  }

  /** The last of the other runs that waited for a task of this one has left. */
  abandon(task: Task): void {
    if (!this.#tasks.delete(task)) return;
    this.memory.isWanted(task); // takes it off the list
    task.heir?.end(new Failure(this.run.reason));
    task.scope.abort(this.run.reason);
  }

  /** Nobody in this run wants a task any more: false where other runs wait for it, which then go on waiting. */
  giveUp(task: Task, error: unknown): boolean {
    if (this.memory.isOn && this.memory.isWanted(task)) return false;
    if (!this.#tasks.delete(task)) return false;
    task.isGivenUp = true;
    this.run.identities?.forget(task.act, task.cell);
    this.#ended(task, 'cancelled', undefined, error);
    task.scope.abort(error);
    return true;
  }

  get isIdle(): boolean {
    return this.#tasks.size === 0;
  }

  /** Something went wrong that costs time but no result. */
  warn(code: string, message: string, error: unknown): void {
    this.emitter?.emit(this.#whole!, { type: 'warning', code, message, error });
  }

  /* ---------- one evaluation ---------- */

  evaluate(act: Activation, cell: number, override: Override | undefined): void {
    const { run, memory } = this;
    if (hasPlaceholder(act, cell)) return this.#skip(act, cell);
    if (memory.isOn && memory.recall(act, cell)) return;
    act.values[cell] = RUNNING;
    const caller = run.asks.callerOf(act, cell);
    const inputs = gather(run.asks, act, cell) as Readonly<Record<string, unknown>>;
    if (run.isOver) throw run.reason;
    const task = new Task(this, act, cell, inputs, caller, this.#subjectOf(act, cell), this.emitter === undefined ? 0 : this.clock.now());
    caller.task = task;
    this.#tasks.add(task);
    if (this.emitter !== undefined) task.emit({ type: 'node:start', inputs: shownInputs(act, cell, inputs) });
    if (override?.body !== undefined && memory.isOn) memory.taint(act, cell);
    const parts = this.#partsOf(act, cell, override);
    let value: unknown;
    try {
      const result = runChain(parts, new CellEvaluation(task, task.scope, 1), (evaluation) => this.#callBody(task, evaluation, override, parts.length > 0));
      if (isPromise(result)) return this.#pend(task, result, override);
      value = this.#accepted(task, result, override);
    } catch (error) {
      this.#settled(task, new Failure(error));
      throw error;
    }
    this.#settled(task, value);
    this.#succeed(act, cell, value);
  }

  /** The body, and what becomes of its result: that is what `next()` of the innermost evaluator yields. */
  #callBody(task: Task, evaluation: Evaluation, override: Override | undefined, mayRepeat: boolean): unknown {
    const { act, cell } = task;
    const model = act.plan.models[cell]!;
    const { definition } = model;
    this.run.assertWanted(task);
    if (task.isAway) return task.comeBack().then(() => this.#callBody(task, evaluation, override, mayRepeat));
    task.attempts = evaluation.attempt;
    const inputs = mayRepeat && definition.kind === 'function' ? { ...task.inputs } : task.inputs; // what a body writes there is not for the next attempt
    const result = override?.body !== undefined ? override.body(inputs, evaluation.run)
      : definition.kind === 'class' ? definition.body.call(model, inputs, evaluation.run)
      : definition.body(inputs, definition.wantsRun ? evaluation.run : undefined);
    const finish = (outcome: unknown): unknown => (task.yielded = finished(act, cell, outcome, this.run.validates(act, cell, override)));
    return isPromise(result) ? Promise.resolve(result).then(finish) : finish(result);
  }

  /** What the evaluators hand over: the body's value, or one put in its place, which is treated as if a body had returned it. */
  #accepted(task: Task, result: unknown, override: Override | undefined): unknown {
    const { act, cell } = task;
    if (result instanceof Placeholder) {
      if (this.memory.isOn) this.memory.taint(act, cell);
      return result;
    }
    if (task.attempts > 0 && Object.is(result, task.yielded)) return result;
    act.boxes.delete(cell);
    return finished(act, cell, result, this.run.validates(act, cell, override));
  }

  #pend(task: Task, promise: PromiseLike<unknown>, override: Override | undefined): void {
    const { run } = this;
    const { act, cell } = task;
    if (run.isSync) {
      Promise.resolve(promise).then(ignore, ignore); // its outcome is nobody's any more
      const name = labelOf(act.plan.models[cell]!.definition);
      const error = new FlowError('ASYNC_IN_SYNC', `${name} returned a promise under computeSync. Use compute, or make the body and its evaluators synchronous.`, { details: { model: name } });
      task.scope.abort(error);
      throw error;
    }
    const settle = hold(run, act, cell);
    const outcome = Promise.resolve(promise).then((result) => this.#accepted(task, result, override));
    if (this.memory.isOn) this.memory.share(task);
    outcome.then(
      (value) => {
        this.#settled(task, value);
        if (!task.isGivenUp) settle(() => this.#succeed(act, cell, value));
      },
      (error: unknown) => {
        this.#settled(task, new Failure(error));
        if (!task.isGivenUp) settle(() => run.fail(act, cell, error));
      },
    );
  }

  /** A task has its outcome, whoever wants it. */
  #settled(task: Task, outcome: unknown): void {
    if (!this.#tasks.delete(task)) return; // given up
    const failure = outcome instanceof Failure ? outcome : undefined;
    if (this.memory.isOn) this.#remember(task, outcome);
    if (task.heir === undefined) this.#ended(task, failure === undefined ? 'computed' : 'failed', outcome, failure?.error);
    task.scope.close();
    task.heir?.end(undefined);
  }

  #remember(task: Task, outcome: unknown): void {
    const { act, cell } = task;
    const { run, memory } = this;
    const { definition } = act.plan.models[cell]!;
    eachUpstream(act.plan, cell, (upstream) => {
      if (memory.isTainted(act, upstream)) memory.taint(act, cell);
    });
    if (definition.output !== undefined && !run.validates(act, cell, run.overrideOf(act, cell))) memory.taint(act, cell);
    memory.settle(task, outcome);
  }

  #succeed(act: Activation, cell: number, value: unknown): void {
    if (value instanceof Placeholder && this.memory.isOn) this.memory.taint(act, cell);
    this.run.succeed(act, cell, value);
  }

  #partsOf(act: Activation, cell: number, override: Override | undefined): readonly Evaluator[] {
    const own = override?.evaluator ?? act.plan.models[cell]!.definition.evaluator;
    return evaluatorsFor(this.run.options.evaluator, own as Evaluator | undefined);
  }

  /** What is made from a placeholder is one. */
  #skip(act: Activation, cell: number): void {
    const { definition } = act.plan.models[cell]!;
    const value = new Placeholder(labelOf(definition), definition.output?.type ?? 'unknown');
    if (this.emitter !== undefined) this.emitter.emit(this.#subjectOf(act, cell), { type: 'node:end', status: 'computed', durationMs: 0, attempts: 0, key: undefined, value, error: undefined });
    this.#succeed(act, cell, value);
  }

  /* ---------- memory ---------- */

  /** Looks for a cell's value, and those that it needs, in the cache. */
  lookUp(act: Activation, cell: number, now = this.isSync): Promise<void> | undefined {
    return this.memory.isOn ? this.memory.lookUp(act, cell, now) : undefined;
  }

  /** A cell's value came from the cache, or from another run. */
  recalled(act: Activation, cell: number, value: unknown, box: unknown): void {
    if (act.identities[cell] === undefined) this.run.identities?.claim(act, cell);
    if (box !== undefined) act.boxes.set(cell, box);
    if (this.emitter !== undefined) {
      const subject = this.#subjectOf(act, cell);
      this.emitter.emit(subject, { type: 'node:end', status: 'cached', durationMs: 0, attempts: 0, key: this.memory.knownKey(act, cell), value: shownValue(act, cell, value), error: undefined });
    }
    this.run.succeed(act, cell, value);
  }

  /** Another run was at it, and failed. */
  failedElsewhere(act: Activation, cell: number, error: unknown): void {
    if (this.emitter !== undefined) {
      this.emitter.emit(this.#subjectOf(act, cell), { type: 'node:end', status: 'failed', durationMs: 0, attempts: 0, key: this.memory.knownKey(act, cell), value: undefined, error });
    }
    this.run.fail(act, cell, error);
  }

  /** A body received the value of a cell that no cache may keep: neither may it keep the body's own. */
  inherit(reader: { readonly act: Activation; readonly cell: number }, act: Activation, cell: number): void {
    if (this.memory.isOn && (this.memory.isTainted(act, cell) || this.memory.isUntold(reader, act))) this.memory.taint(reader.act, reader.cell);
  }

  /* ---------- events ---------- */

  #subjectOf(act: Activation, cell: number): Subject {
    const model = labelOf(act.plan.models[cell]!.definition);
    const path = (): readonly string[] => fullPath(act, cell);
    if (this.emitter === undefined) return { spanId: '', parentSpanId: undefined, model, path };
    const asked = act.askers.get(cell) ?? act.caller;
    return { spanId: this.emitter.newSpan(), parentSpanId: asked?.task?.subject.spanId ?? this.#whole!.spanId, model, path };
  }

  #ended(task: Task, status: NodeStatus, value: unknown, error: unknown): void {
    if (this.emitter === undefined) return;
    const { act, cell, attempts } = task;
    const key = this.memory.isOn ? this.memory.knownKey(act, cell) : undefined;
    task.emit({ type: 'node:end', status, durationMs: this.clock.now() - task.startedAt, attempts, key, value: status === 'computed' ? shownValue(act, cell, value) : undefined, error });
  }
}

const ignore = (): void => {};

const chains = new WeakMap<Evaluator, WeakMap<Evaluator, readonly Evaluator[]>>();
const alone = new WeakMap<Evaluator, readonly Evaluator[]>();

/** The run's evaluator is around the model's own. */
export function evaluatorsFor(ofRun: Evaluator | undefined, ofModel: Evaluator | undefined): readonly Evaluator[] {
  if (ofRun === undefined || ofModel === undefined) {
    const one = ofRun ?? ofModel;
    if (one === undefined) return NONE;
    let list = alone.get(one);
    if (list === undefined) alone.set(one, (list = [one]));
    return list;
  }
  let inner = chains.get(ofRun);
  if (inner === undefined) chains.set(ofRun, (inner = new WeakMap()));
  let list = inner.get(ofModel);
  if (list === undefined) inner.set(ofModel, (list = [ofRun, ofModel]));
  return list;
}

function hasPlaceholder(act: Activation, cell: number): boolean {
  let found = false;
  eachUpstream(act.plan, cell, (upstream) => {
    found ||= act.values[upstream] instanceof Placeholder;
  });
  return found;
}
