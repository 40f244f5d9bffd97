/** A body at work in a run that has evaluators, an observer or a cache: one evaluation from its inputs to its outcome. */
import { FlowContext } from '../context/flow-context.ts';
import type { AnyModel, ModelYielding } from '../types.ts';
import type { Activation } from './activation.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import type { Subject } from './events.ts';
import { evaluationBrand } from './evaluation.ts';
import type { Asker, EngineEvaluation, EvaluationServices, Hold } from './evaluation.ts';
import type { EventBody } from './events.ts';
import { askBrand, runBrand } from './flow-run.ts';
import type { Asking, BodyServices, FlowRun, NestedOptions, Progress, Receiver } from './flow-run.ts';
import type { Managed } from './managed.ts';
import { consumedFields } from './nested.ts';
import { deliverInPlace } from './request.ts';
import type { Run } from './run.ts';
import { Scope } from './scope.ts';
import type { Seats } from './seats.ts';

export class Task implements EvaluationServices {
  readonly managed: Managed;
  readonly act: Activation;
  readonly cell: number;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly subject: Subject;
  readonly startedAt: number;
  readonly scope = new Scope();
  /** Calls of the body so far, the current one included. */
  attempts = 0;
  /** What the body's last call yielded, finished; an evaluator that hands on something else replaced it. */
  yielded: unknown = undefined;
  /** Its run is over, but others wait for it: what its body asks for from now on is this run's business. */
  heir: Run | undefined = undefined;
  /** It gave its place back between two calls of the body, and has not got it again. */
  isAway = false;
  /** Who asked for it does not want it any more, and nobody else does. */
  isGivenUp = false;
  #marks: Set<object> | undefined = undefined;

  constructor(managed: Managed, act: Activation, cell: number, inputs: Readonly<Record<string, unknown>>, caller: Caller, subject: Subject, startedAt: number) {
    this.managed = managed;
    this.act = act;
    this.cell = cell;
    this.inputs = inputs;
    this.caller = caller;
    this.subject = subject;
    this.startedAt = startedAt;
  }

  get clock(): Clock {
    return this.managed.clock;
  }

  get isSync(): boolean {
    return this.managed.isSync;
  }

  get orchestrates(): boolean {
    return this.act.plan.models[this.cell]!.definition.orchestrates;
  }

  get spanId(): string | undefined {
    return this.managed.emitter === undefined ? undefined : this.subject.spanId;
  }

  emit(event: EventBody): void {
    this.managed.emitter?.emit(this.subject, event);
  }

  perRun<T>(owner: object, make: () => T): T {
    return this.managed.stateOf(owner, make);
  }

  mark(owner: object): void {
    (this.#marks ??= new Set()).add(owner);
  }

  isWithin(owner: object): boolean {
    for (let task = this.enclosing(); task !== undefined; task = task.enclosing()) if (task.#marks?.has(owner) === true) return true;
    return false;
  }

  callWithin(suits: (asker: Asker) => boolean): object | undefined {
    let act: Activation | undefined = this.act;
    let { cell } = this;
    while (act !== undefined) {
      const byThunk: Caller | undefined = act.askers.get(cell);
      const asker: Caller | undefined = byThunk ?? act.caller;
      if (byThunk === undefined && asker !== undefined && suits(asker)) return act;
      act = asker?.act;
      cell = asker?.cell ?? -1;
    }
    return undefined;
  }

  hasMark(owner: object): boolean {
    return this.#marks?.has(owner) === true;
  }

  whileWaiting(hold: Hold): void {
    this.caller.holds.push(hold);
  }

  async rest(wait: Promise<void>): Promise<void> {
    const { caller } = this;
    caller.isResting = this.isAway = true;
    this.#seats.release(caller);
    caller.pause();
    this.#run.drain();
    await wait;
    await this.comeBack();
  }

  /** Resolves when the body has its place again. A rest that was broken off leaves that to whoever calls the body next. */
  comeBack(): Promise<void> {
    const { caller } = this;
    caller.isResting = false;
    return new Promise((resolve) => {
      const deliver = (): void => {
        this.isAway = false;
        resolve();
      };
      deliverInPlace(this.#seats, caller, { deliver });
    });
  }

  /** The run that the body works in now. */
  get #run(): Run {
    return this.heir ?? this.managed.run;
  }

  get #seats(): Seats {
    return this.#run.seats;
  }

  /** The evaluation whose body asked for this one, by `run.compute` or a thunk. */
  enclosing(): Task | undefined {
    const asked = this.act.askers.get(this.cell) ?? this.act.caller;
    return asked?.task;
  }
}

/** One attempt at a task, as evaluators and the body see it. */
export class CellEvaluation implements EngineEvaluation {
  readonly #task: Task;
  readonly scope: Scope;
  readonly attempt: number;
  #run: FlowRun | undefined = undefined;

  constructor(task: Task, scope: Scope, attempt: number) {
    this.#task = task;
    this.scope = scope;
    this.attempt = attempt;
  }

  get [evaluationBrand](): EvaluationServices {
    return this.#task;
  }

  get model(): AnyModel {
    return this.#task.act.plan.models[this.#task.cell] as unknown as AnyModel; // the static side of the same object
  }

  get inputs(): Readonly<Record<string, unknown>> {
    return this.#task.inputs;
  }

  get context(): FlowContext {
    return new FlowContext(consumedFields(this.#task.act, this.#task.cell));
  }

  get key(): string {
    return this.#task.managed.memory.keyOf(this.#task.act, this.#task.cell);
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get path(): readonly string[] {
    return this.#task.subject.path();
  }

  get run(): FlowRun {
    return (this.#run ??= new AttemptRun(this.#task, this));
  }

  within(scope: Scope, isAgain: boolean): CellEvaluation {
    return new CellEvaluation(this.#task, scope, isAgain ? this.#task.attempts + 1 : Math.max(this.attempt, 1));
  }
}

/** The `run` of one attempt: its own signal, and the evaluation's place in the run. */
class AttemptRun implements FlowRun, Asking {
  readonly #task: Task;
  readonly #evaluation: CellEvaluation;

  constructor(task: Task, evaluation: CellEvaluation) {
    this.#task = task;
    this.#evaluation = evaluation;
  }

  get signal(): AbortSignal {
    return this.#evaluation.signal;
  }

  get attempt(): number {
    return this.#evaluation.attempt;
  }

  get [runBrand](): BodyServices {
    return this.#task.caller[runBrand];
  }

  compute<V>(model: ModelYielding<V>, context?: object, options?: NestedOptions): Promise<V> {
    return this.#task.caller.compute(model, context, options);
  }

  [askBrand](model: object, context: object | undefined, signal: AbortSignal | undefined, receiver: Receiver): void {
    this.#task.caller[askBrand](model, context, signal, receiver);
  }

  computeSync<V>(model: ModelYielding<V>, context?: object): V {
    return this.#task.caller.computeSync(model, context);
  }

  progress({ completed, total, failed, message }: Progress): void {
    this.#task.emit({ type: 'progress', completed, total, failed, message });
  }
}
