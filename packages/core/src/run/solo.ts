/**
 * A nested evaluation of one cell that is made from fields of the given context: what bodies ask for by the hundred thousand, and a batch once per
 * item. It is what an activation with one cell would be, without one. Where somebody has to look at it (an equal evaluation joins it, an error needs its
 * path) the activation is made, and everything goes the general way.
 */
import type { Definition } from '../model/definition.ts';
import { frozenCopy, isPlainObject } from '../model/frozen.ts';
import type { Model } from '../model/model.ts';
import { isFlowResult } from '../model/result.ts';
import { passes } from '../model/schema.ts';
import { indexOf, isConstant, isSlot } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { Slot } from '../plan/slots.ts';
import { Activation, parsedSlot } from './activation.ts';
import type { Waiter } from './activation.ts';
import type { Caller, Delivery } from './caller.ts';
import type { Receiver } from './flow-run.ts';
import type { Known } from './identity.ts';
import type { Open } from './open.ts';
import { noteFailure } from './paths.ts';
import { Problem } from './problems.ts';
import { deliverInPlace } from './request.ts';
import { finished, frozenFor, isPrimitive, isPromise, settlingOnce } from './results.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, isUnfinished, PENDING, RUNNING } from './states.ts';

type ParseSlot = Slot & { kind: 'parse' };

/** What such an evaluation is made from, read off its plan once. */
export class SoloPlan {
  readonly plan: Plan;
  readonly model: Model;
  readonly definition: Definition;
  /** Per input, the slot of the context field that fills it; undefined for one that is bound. */
  readonly fields: readonly (ParseSlot | undefined)[];
  readonly #constants: readonly unknown[];

  constructor(plan: Plan) {
    const model = plan.models[0]!;
    this.plan = plan;
    this.model = model;
    this.definition = model.definition;
    this.fields = plan.ops.map((op) => (isSlot(op) ? (plan.slots[indexOf(op)] as ParseSlot) : undefined));
    this.#constants = plan.ops.map((op) => (isConstant(op) ? plan.constants[indexOf(op)] : undefined));
  }

  /** What the body receives, in the order of its inputs, or a `Problem` where a field has one; undefined for what is not a context of such an evaluation. */
  valuesFrom(context: unknown): unknown[] | undefined {
    if (!isPlainObject(context)) return undefined;
    const { fields } = this;
    const { inputs, inputIndex } = this.definition;
    const values = new Array<unknown>(fields.length); // filled one by one: a copy of the constants costs a tenth of it all
    for (let i = 0; i < fields.length; i++) values[i] = this.#constants[i];
    const names = Object.keys(context);
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = context[name];
      if (value === undefined) continue;
      const input = inputs[i]?.name === name ? i : inputIndex.get(name); // most are given in the order of declaration
      if (input === undefined) continue;
      if (fields[input] === undefined) return undefined; // a context must not have the name of a regular input
      values[input] = value;
    }
    for (let i = 0; i < fields.length; i++) {
      const slot = fields[i];
      if (slot === undefined) continue;
      const given = values[i];
      const value = isPrimitive(given) ? given : frozenCopy(given);
      if (value === undefined || !passes(slot.field.schema.quick, value)) values[i] = parsedSlot(indexOf(this.plan.ops[i]!), slot, value);
      else if (value !== given) values[i] = value;
    }
    return values;
  }

  /** Puts values where an activation has them. */
  putInto(act: Activation, values: readonly unknown[]): void {
    this.fields.forEach((slot, i) => {
      if (slot !== undefined) act.slots[indexOf(this.plan.ops[i]!)] = values[i];
    });
  }
}

/** Undefined for plans that are not of this kind. */
export function soloPlanOf(plan: Plan): SoloPlan | undefined {
  plan.solo ??= isSolo(plan) ? new SoloPlan(plan) : NOT_SOLO;
  return plan.solo instanceof SoloPlan ? plan.solo : undefined;
}

const NOT_SOLO = {};
const NOTHING: readonly unknown[] = [];

function isSolo(plan: Plan): boolean {
  const { kind, wantsRun, orchestrates } = plan.models[0]!.definition;
  if (plan.models.length > 1 || kind !== 'function' || wantsRun || orchestrates) return false;
  if (plan.hasEvaluators || plan.unbound.length > 0 || plan.treatments.size > 0 || plan.volatileCells.size > 0) return false;
  return plan.ops.every((op) => isConstant(op) || isGivenField(plan, op));
}

/** Whether an operand is a field as the caller gives it. */
function isGivenField(plan: Plan, op: number): boolean {
  if (!isSlot(op)) return false;
  const slot = plan.slots[indexOf(op)]!;
  return slot.kind === 'parse' && slot.field.also === undefined && plan.slots[slot.source]!.kind === 'runtime';
}

export function hasProblem(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] instanceof Problem) return true;
  return false;
}

export class Solo implements Open, Delivery, Waiter {
  before: Open | undefined = undefined;
  after: Open | undefined = undefined;
  readonly #run: Run;
  readonly #caller: Caller;
  readonly #plan: SoloPlan;
  /** What is known of an evaluation is kept for equal ones as long as the run; what it was made from, and who asked for it, is let go of once it is told. */
  #values: readonly unknown[];
  #receiver: Receiver | undefined;
  /** As in an activation: its value, a `Failure`, or a state. */
  #value: unknown = EMPTY;
  #act: Activation | undefined = undefined;
  /** What is known of its identity, once it has begun. */
  #known: Known | undefined = undefined;

  constructor(run: Run, caller: Caller, plan: SoloPlan, values: readonly unknown[], receiver: Receiver) {
    this.#run = run;
    this.#caller = caller;
    this.#plan = plan;
    this.#values = values;
    this.#receiver = receiver;
    caller.solos++;
    run.open.add(this);
    run.seats.release(caller);
  }

  /** Its place among the activations of the run. */
  get act(): Activation {
    if (this.#act !== undefined) return this.#act;
    const { plan, fields } = this.#plan;
    const context: Record<string, unknown> = {};
    fields.forEach((slot, i) => {
      if (slot !== undefined) context[slot.field.name] = this.#values[i];
    });
    const act = new Activation(plan, context, this.#caller);
    this.#plan.putInto(act, this.#values);
    act.values[0] = this.#value;
    if (this.#known !== undefined) act.identities[0] = this.#known.id;
    if (!isUnfinished(this.#value)) act.release();
    return (this.#act = act);
  }

  /** Its turn has come. */
  begin(): void {
    const run = this.#run;
    if (run.managed !== undefined) return this.#beginGenerally();
    const { model, definition } = this.#plan;
    const known = run.identities!.ofPlain(model, this.#plan.fields, this.#values);
    if (!known.takeFor(this)) return this.#beginGenerally();
    this.#known = known;
    this.#value = RUNNING;
    let result: unknown;
    try {
      result = definition.body(definition.record(this.#values), undefined);
      if (isPromise(result)) return this.#pend(result);
    } catch (error) {
      return this.#fail(error);
    }
    this.#finish(result);
  }

  /** Evaluators have come meanwhile, or an equal evaluation stands elsewhere. */
  #beginGenerally(): void {
    const { act } = this;
    this.#run.await(act, 0, this);
    this.#run.startOrFail({ act, cell: 0 });
  }

  #pend(thenable: PromiseLike<unknown>): void {
    const run = this.#run;
    this.#value = PENDING;
    if (this.#act !== undefined) this.#act.values[0] = PENDING;
    run.seats.takeOne(true);
    settlingOnce(thenable).then(
      (result) => {
        if (run.isOver) return;
        run.seats.releaseOne(true);
        this.#finish(result);
        run.drain();
      },
      (error: unknown) => {
        if (run.isOver) return;
        run.seats.releaseOne(true);
        this.#fail(error);
        run.drain();
      },
    );
  }

  #finish(result: unknown): void {
    const { definition } = this.#plan;
    const { output } = definition;
    if (output === undefined && isPrimitive(result)) return this.#settle(result);
    let value: unknown;
    try {
      const isValid = output === undefined || passes(output.quick, result) || output.matches?.(result) === true;
      value = isValid && !isFlowResult(result) ? frozenFor(definition, result) : finished(this.act, 0, result, this.#run.validates(this.act, 0, undefined));
    } catch (error) {
      return this.#fail(error);
    }
    this.#settle(value);
  }

  #fail(error: unknown): void {
    noteFailure(error, this.act, 0);
    this.#settle(new Failure(error));
  }

  #settle(outcome: unknown): void {
    const act = this.#act;
    if (act !== undefined) act.values[0] = outcome;
    this.told(outcome);
    if (act === undefined) return;
    act.tell(0, outcome);
    act.release();
    this.#known?.movedTo(act);
  }

  told(outcome: unknown): void {
    this.#value = outcome;
    this.#values = NOTHING;
    this.#caller.solos--;
    deliverInPlace(this.#run.seats, this.#caller, this);
  }

  deliver(): void {
    if (!this.#run.open.delete(this)) return; // the run is over, and the body was told so
    const found = this.#value;
    const receiver = this.#receiver!;
    this.#receiver = undefined;
    if (found instanceof Failure) receiver.reject(found.error);
    else receiver.resolve(found);
  }

  /** The run is over. */
  reject(reason: unknown): void {
    this.#receiver!.reject(reason);
  }
}
