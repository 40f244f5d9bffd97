/** Wait-for cycles: a model that, by `run.compute` or `deps`, comes to wait for itself. */
import { FlowError } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import { eachUpstream } from '../plan/plan.ts';
import type { Place } from './identity.ts';
import { EMPTY, isUnfinished } from './states.ts';

/**
 * The places from `from` to `to` along what each waits for, both included; undefined where there is no such way.
 * `budget` bounds the search: small cycles are found at once, large ones when a run stands still.
 */
export function waitPath(from: Place, to: Place, budget = Infinity): Place[] | undefined {
  const parents = new Map<string, Place | undefined>();
  const ids = new Map<object, number>();
  const keyOf = ({ act, cell }: Place): string => `${ids.get(act) ?? (ids.set(act, ids.size), ids.size - 1)}:${cell}`;
  const stack: Place[] = [from];
  parents.set(keyOf(from), undefined);
  while (stack.length > 0 && budget-- > 0) {
    const place = stack.pop()!;
    if (place.act === to.act && place.cell === to.cell) {
      const path: Place[] = [];
      for (let at: Place | undefined = place; at !== undefined; at = parents.get(keyOf(at))) path.unshift(at);
      return path;
    }
    for (const next of waitsOf(place)) {
      const key = keyOf(next);
      if (parents.has(key)) continue;
      parents.set(key, place);
      stack.push(next);
    }
  }
  return undefined;
}

/** What a place waits for right now. */
export function waitsOf({ act, cell }: Place): Place[] {
  const value = act.values[cell];
  if (!isUnfinished(value)) return [];
  const found: Place[] = [];
  if (value === EMPTY) {
    eachUpstream(act.plan, cell, (upstream) => {
      if (isUnfinished(act.values[upstream])) found.push({ act, cell: upstream });
    });
    return found;
  }
  const joined = act.joined.get(cell);
  if (joined !== undefined) found.push(joined);
  const caller = act.callers.get(cell);
  if (caller !== undefined) found.push(...caller.waits);
  return found;
}

/** The error for a cycle, its places in the order of waiting. */
export function cycleError(places: readonly Place[]): FlowError {
  // A place that joined another is that other evaluation under the same name.
  const names = places.filter(({ act, cell }) => !act.joined.has(cell)).map(({ act, cell }) => labelOf(act.plan.models[cell]!.definition));
  const chain = [...names, names[0]!];
  return new FlowError('CYCLE', `${names[0]} waits for itself: ${chain.join(' → ')}. Compute it in another context, or break the cycle.`, { details: { cycle: Object.freeze(names) } });
}

/** The evaluations on the stack from the one that is met again, by way of nested calls, to the one that meets it. */
export function nestedCycle(place: Place, met: Place): Place[] {
  const places: Place[] = [place];
  for (let { caller } = place.act; caller !== undefined; caller = caller.act.caller) {
    if (caller.act === met.act && caller.cell === met.cell) break;
    places.unshift({ act: caller.act, cell: caller.cell });
  }
  return places;
}
