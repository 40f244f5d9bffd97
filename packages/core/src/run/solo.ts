/**
 * A nested evaluation of one cell whose context values are valid as they are given: what bodies ask for by the hundred thousand, and a batch once
 * per item. It is what an activation with one cell would be, without one. Where somebody has to look at it (an equal evaluation joins it, an error
 * needs its path) the activation is made, and everything goes the general way.
 */
import { UNSET } from '../model/brand.ts';
import type { ContextField, Definition } from '../model/definition.ts';
import { frozenCopy, isPlainObject } from '../model/frozen.ts';
import type { Model } from '../model/model.ts';
import { isFlowResult } from '../model/result.ts';
import { parse, passes } from '../model/schema.ts';
import { indexOf, isConstant, isSlot } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { Activation } from './activation.ts';
import type { Waiter } from './activation.ts';
import type { Caller, Delivery } from './caller.ts';
import type { Receiver } from './flow-run.ts';
import type { Open } from './open.ts';
import { noteFailure } from './paths.ts';
import { deliverInPlace } from './request.ts';
import { finished, frozenFor, isPrimitive, isPromise } from './results.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, PENDING, RUNNING } from './states.ts';

/** What such an evaluation is made from, read off its plan once. */
export class SoloPlan {
  readonly plan: Plan;
  readonly model: Model;
  readonly definition: Definition;
  /** The regular inputs: a context must not have their names. */
  readonly regular: readonly string[];
  /** Per input, the context field that fills it; undefined for one that is bound. */
  readonly fields: readonly (ContextField | undefined)[];
  readonly constants: readonly unknown[];

  constructor(plan: Plan) {
    const model = plan.models[0]!;
    const { inputs, contextFields } = model.definition;
    this.plan = plan;
    this.model = model;
    this.definition = model.definition;
    this.regular = inputs.filter(({ role }) => role === 'regular').map(({ name }) => name);
    this.fields = inputs.map((input) => contextFields.find((field) => field.input === input));
    this.constants = inputs.map((_, i) => (isConstant(plan.ops[i]!) ? plan.constants[indexOf(plan.ops[i]!)] : undefined));
  }

  /** What the body receives, in the order of its inputs; undefined where the general way has to see to it. */
  valuesFrom(given: unknown): unknown[] | undefined {
    if (!isPlainObject(given)) return undefined;
    for (const name of this.regular) if (given[name] !== undefined) return undefined;
    const { fields, constants } = this;
    const values = new Array<unknown>(fields.length);
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field === undefined) values[i] = constants[i];
      else {
        const value = given[field.name];
        const own = isPrimitive(value) ? value : ownCopy(given, field.name);
        if (!isValidAsItIs(field, own)) return undefined;
        values[i] = own;
      }
    }
    return values;
  }
}

/** Undefined for plans that are not of this kind. */
export function soloPlanOf(plan: Plan): SoloPlan | undefined {
  plan.solo ??= isSolo(plan) ? new SoloPlan(plan) : NOT_SOLO;
  return plan.solo instanceof SoloPlan ? plan.solo : undefined;
}

const NOT_SOLO = {};

function isSolo(plan: Plan): boolean {
  const { kind, inputs, wantsRun, orchestrates } = plan.models[0]!.definition;
  if (plan.models.length > 1 || kind !== 'function' || wantsRun || orchestrates) return false;
  if (plan.hasLazy || plan.hasEvaluators || plan.unbound.length > 0 || plan.treatments.size > 0 || plan.volatileCells.size > 0) return false;
  return plan.ops.length === inputs.length && inputs.every(({ role }, i) => isConstant(plan.ops[i]!) || (role === 'context' && isGivenField(plan, plan.ops[i]!)));
}

/** Whether an operand is a field as the caller gives it, and nothing stands in for it. */
function isGivenField(plan: Plan, op: number): boolean {
  if (!isSlot(op)) return false;
  const slot = plan.slots[indexOf(op)]!;
  if (slot.kind !== 'parse' || slot.fallback !== UNSET || slot.field.also !== undefined) return false;
  return plan.slots[slot.source]!.kind === 'runtime';
}

/** Data that the caller keeps no hand in; undefined for what a context inherits. */
const ownCopy = (given: Readonly<Record<string, unknown>>, field: string): unknown => (Object.hasOwn(given, field) ? frozenCopy(given[field]) : undefined);

/** What a schema makes something else of, or refuses, goes the general way. */
function isValidAsItIs({ schema, required }: ContextField, value: unknown): boolean {
  if (required && value === undefined) return false;
  if (passes(schema.quick, value) || schema.matches?.(value) === true) return true;
  if (!isPrimitive(value)) return false; // zod copies objects
  try {
    const result = parse(schema, value);
    return result.ok && Object.is(result.value, value);
  } catch {
    return false;
  }
}

export class Solo implements Open, Delivery, Waiter {
  before: Open | undefined = undefined;
  after: Open | undefined = undefined;
  readonly #run: Run;
  readonly #caller: Caller;
  readonly #plan: SoloPlan;
  readonly #values: readonly unknown[];
  /** Let go of once it is told: what is known of an evaluation is kept for equal ones as long as the run, and who asked for it is not. */
  #receiver: Receiver | undefined;
  /** As in an activation: its value, a `Failure`, or a state. */
  #value: unknown = EMPTY;
  #act: Activation | undefined = undefined;
  /** The number of its identity, once it has begun. */
  #identity: number | undefined = undefined;

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
    fields.forEach((field, i) => {
      if (field !== undefined) context[field.name] = this.#values[i];
    });
    const act = new Activation(plan, context, this.#caller);
    act.fillEarly();
    act.values[0] = this.#value;
    if (this.#identity !== undefined) act.identities[0] = this.#identity;
    return (this.#act = act);
  }

  /** Its turn has come. */
  begin(): void {
    const { model, definition } = this.#plan;
    const known = this.#run.identities!.ofPlain(model, this.#plan.fields, this.#values);
    if (!known.takeFor(this)) return this.#join();
    this.#identity = known.id;
    this.#value = RUNNING;
    let result: unknown;
    try {
      result = definition.body(definition.record(this.#values), undefined);
    } catch (error) {
      return this.#fail(error);
    }
    if (isPromise(result)) this.#pend(result);
    else this.#finish(result);
  }

  /** An equal evaluation stands elsewhere. */
  #join(): void {
    const { act } = this;
    this.#run.await(act, 0, this);
    this.#run.startOrFail({ act, cell: 0 });
  }

  #pend(thenable: PromiseLike<unknown>): void {
    const run = this.#run;
    this.#value = PENDING;
    if (this.#act !== undefined) this.#act.values[0] = PENDING;
    run.seats.takeOne(true);
    const promise = thenable instanceof Promise ? (thenable as Promise<unknown>) : Promise.resolve(thenable);
    promise.then(
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
    let value: unknown;
    try {
      value = definition.output === undefined && !isFlowResult(result) ? frozenFor(definition, result) : finished(this.act, 0, result, this.#run.validates(this.act, 0, undefined));
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
    act?.tell(0, outcome);
  }

  told(outcome: unknown): void {
    this.#value = outcome;
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
