/** Evaluation right now, on a stack of its own: for `thunk.sync()`, `run.computeSync` and, under `computeSync`, what class models prefetch. */
import { FlowError } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import { eachUpstream } from '../plan/plan.ts';
import type { Activation } from './activation.ts';
import { cycleError, nestedCycle } from './cycles.ts';
import type { Place } from './identity.ts';
import { dependencies, placesOf, throwCycle } from './prefetch.ts';
import { isPromise } from './results.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, isUnfinished, PENDING, RUNNING } from './states.ts';

interface Step extends Place {
  /** A class model whose `deps` stand above it on the stack, and their places. */
  isPrefetched: boolean;
  places: readonly Place[];
}

const step = (act: Activation, cell: number): Step => ({ act, cell, isPrefetched: false, places: [] });

/** Evaluates a cell and all that it needs. Throws the cell's failure, ASYNC_IN_SYNC, CYCLE. */
export function finishSync(run: Run, act: Activation, cell: number): unknown {
  const wasBusy = run.isBusy;
  run.isBusy = true;
  run.finishing++;
  const stack = [step(act, cell)];
  try {
    while (stack.length > 0) {
      run.assertOpen();
      advance(run, stack);
    }
  } catch (error) {
    // What cannot be had now is no outcome: models that wait above are as if they had not been asked.
    for (const { act: waiting, cell: held, isPrefetched } of stack) {
      if (!isPrefetched || waiting.values[held] !== RUNNING) continue;
      waiting.values[held] = EMPTY;
      waiting.prefetched.delete(held);
    }
    throw error;
  } finally {
    run.isBusy = wasBusy;
    run.finishing--;
  }
  run.drain();
  const value = act.values[cell];
  if (value instanceof Failure) throw value.error;
  if (isUnfinished(value)) throw inFlight(act, cell);
  return value;
}

/** One step: what the topmost cell lacks goes above it, or else it is evaluated. */
function advance(run: Run, stack: Step[]): void {
  const top = stack.at(-1)!;
  const { act, cell } = top;
  const value = act.values[cell];
  if (value !== EMPTY && !top.isPrefetched) {
    refuseInFlight(act, cell);
    if (value === RUNNING) throw cycleError(nestedCycle(top, top));
    stack.pop();
    return;
  }
  const lacking = top.isPrefetched ? [] : missing(act, cell);
  try {
    if (!top.isPrefetched) {
      const above = lacking.map((upstream) => step(act, upstream));
      for (const upstream of lacking) if (act.values[upstream] === RUNNING) throw cycleError(nestedCycle({ act, cell: upstream }, { act, cell: upstream }));
      const failure = failureAmong(act, cell);
      if (failure !== undefined) throw failure.error;
      if (above.length === 0) above.push(...ahead(run, top));
      if (above.length > 0) return void stack.push(...above.toReversed());
    }
    for (const place of top.places) throwCycle(place.act.values[place.cell]);
    if (top.isPrefetched) run.evaluate(act, cell);
    else if (act.values[cell] === EMPTY) run.start(act, cell);
  } catch (error) {
    run.fail(act, cell, error);
  }
  stack.pop();
}

/** The upstream cells still to evaluate. Throws ASYNC_IN_SYNC for one in flight. */
function missing(act: Activation, cell: number): number[] {
  const cells: number[] = [];
  eachUpstream(act.plan, cell, (upstream) => {
    refuseInFlight(act, upstream);
    if (isUnfinished(act.values[upstream])) cells.push(upstream);
  });
  return cells;
}

function failureAmong(act: Activation, cell: number): Failure | undefined {
  let found: Failure | undefined;
  eachUpstream(act.plan, cell, (upstream) => {
    const value = act.values[upstream];
    if (value instanceof Failure) found ??= value;
  });
  return found;
}

/** What a class model asks for ahead, the first time; the model counts as running from then on. */
function ahead(run: Run, top: Step): Step[] {
  const { act, cell } = top;
  const { definition } = act.plan.models[cell]!;
  if (definition.deps === undefined || act.prefetched.has(cell) || run.join(act, cell)) return [];
  top.isPrefetched = true;
  act.prefetched.add(cell);
  act.values[cell] = RUNNING;
  const wanted = dependencies(run, act, cell);
  if (isPromise(wanted)) throw new FlowError('ASYNC_IN_SYNC', `deps of ${labelOf(definition)} returned a promise where no promise can be awaited. Use compute, or make deps synchronous.`, { details: { model: definition.name } });
  top.places = placesOf(run, act, cell, wanted);
  return top.places.map((place) => step(place.act, place.cell));
}

function refuseInFlight(act: Activation, cell: number): void {
  if (act.values[cell] === PENDING) throw inFlight(act, cell);
}

function inFlight(act: Activation, cell: number): FlowError {
  const name = labelOf(act.plan.models[cell]!.definition);
  return new FlowError('ASYNC_IN_SYNC', `${name} is asynchronous and cannot be had synchronously. Await it: await thunk(), await run.compute(model).`, { details: { model: name } });
}
