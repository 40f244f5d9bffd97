/** What class-based models ask for ahead, by `deps`: evaluated by the scheduler, so that deep recursions need no deep stack. */
import { FlowError, show } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import type { ModelDependency } from '../types.ts';
import type { Activation } from './activation.ts';
import { gather } from './gather.ts';
import type { Place } from './identity.ts';
import { isPromise } from './results.ts';
import type { Run } from './run.ts';
import { EMPTY, Failure, PENDING, RUNNING } from './states.ts';

type Wanted = readonly ModelDependency[];

/** Calls a cell's `deps`. */
export function dependencies(run: Run, act: Activation, cell: number): Wanted | Promise<Wanted> {
  const model = act.plan.models[cell]!;
  return model.definition.deps!.call(model, gather(run.asks, act, cell), run.asks.callerOf(act, cell)) as Wanted | Promise<Wanted>;
}

/** The places where the evaluations that a cell asks for will happen. Throws DEFINITION for a list of another shape. */
export function placesOf(run: Run, act: Activation, cell: number, wanted: Wanted): Place[] {
  if (!Array.isArray(wanted) || !wanted.every((one: Partial<ModelDependency> | null) => typeof one === 'object' && one !== null && Array.isArray(one.contexts))) {
    throw new FlowError('DEFINITION', `deps of ${labelOf(act.plan.models[cell]!.definition)} returns a list of { model, contexts: [ … ] }, got ${show(wanted)}.`);
  }
  const caller = run.asks.callerOf(act, cell);
  return (wanted as Wanted).flatMap(({ model, contexts }) =>
    contexts.map((context) => {
      const nested = run.asks.activate(caller, model, context);
      return { act: nested, cell: nested.plan.root };
    }),
  );
}

/** A cell that asks ahead for what waits for it waits for itself; other failures are left for its body to meet. */
export function throwCycle(value: unknown): void {
  if (value instanceof Failure && value.error instanceof FlowError && value.error.code === 'CYCLE') throw value.error;
}

/** Evaluates what a cell asks for ahead and queues the cell again. Failures are left for the body to meet. */
export function prefetch(run: Run, act: Activation, cell: number): void {
  act.prefetched.add(cell);
  act.values[cell] = RUNNING;
  const wanted = dependencies(run, act, cell);
  act.values[cell] = PENDING;
  run.isAsync = true;
  if (!isPromise(wanted)) return gatherAhead(run, act, cell, wanted);
  const caller = run.asks.callerOf(act, cell);
  run.seats.take(caller);
  const settle = (proceed: () => void): void => {
    if (run.isOver) return;
    run.seats.release(caller);
    try {
      proceed();
    } catch (error) {
      run.fail(act, cell, error);
    }
    run.drain();
  };
  wanted.then(
    (list) => settle(() => gatherAhead(run, act, cell, list)),
    (error: unknown) => settle(() => run.fail(act, cell, error)),
  );
}

function gatherAhead(run: Run, act: Activation, cell: number, wanted: Wanted): void {
  const caller = run.asks.callerOf(act, cell);
  const places = placesOf(run, act, cell, wanted);
  for (const place of places) run.asks.refuseCycle(caller, place);
  let left = places.length + 1;
  const one = (): void => {
    if (--left > 0 || act.values[cell] !== PENDING) return;
    act.values[cell] = EMPTY;
    act.counts()[cell] = 0;
    run.seats.push({ act, cell });
    run.drain();
  };
  for (const place of places) {
    run.want(place.act, place.cell);
    const wait = {
      ...place,
      break: (error: unknown) => {
        caller.waits.clear();
        run.fail(act, cell, error);
      },
    };
    caller.waits.add(wait);
    run.await(place.act, place.cell, {
      told(found) {
        if (!caller.waits.delete(wait)) return;
        try {
          throwCycle(found);
          one();
        } catch (error) {
          wait.break(error);
        }
      },
    });
  }
  one();
}
