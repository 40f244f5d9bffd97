/** Wait-for cycles: a model that, by `run.compute` or `deps`, comes to wait for itself. */
import { readsOf } from '../context/contract.ts';
import { FlowError, listNames, show } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import { eachUpstream } from '../plan/plan.ts';
import type { Place } from './identity.ts';
import { shownFields } from './shown.ts';
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

const MOST_SHOWN = 10;

/** The error for a cycle, its places in the order of waiting. */
export function cycleError(places: readonly Place[]): FlowError {
  // A place that joined another is that other evaluation under the same name.
  const own = places.filter(({ act, cell }) => !act.joined.has(cell));
  const names = own.map(nameOf);
  const left = own.length > MOST_SHOWN ? own.slice(0, MOST_SHOWN / 2) : own;
  const right = own.slice(Math.max(left.length, own.length - MOST_SHOWN / 2));
  const between = own.length - left.length - right.length;
  const chain = [...left.map(stepText), ...(between === 0 ? [] : [`${between} more`]), ...right.map(stepText), stepText(own[0]!)];
  return new FlowError('CYCLE', `${names[0]} waits for itself: ${chain.join(' → ')}. ${adviceFor(places, own)}`, { details: { cycle: Object.freeze(names), contexts: Object.freeze([...left, ...right].map(shownFields)) } });
}

const nameOf = ({ act, cell }: Place): string => labelOf(act.plan.models[cell]!.definition);

/** `fibonacci in { n: 3 }`; only the name where nothing is read. */
function stepText(place: Place): string {
  const fields = shownFields(place);
  return Object.keys(fields).length === 0 ? nameOf(place) : `${nameOf(place)} in ${show(fields)}`;
}

const readsContext = ({ act: { plan }, cell }: Place): boolean => plan.models[cell]!.definition.contextFields.length > 0 || (cell === plan.root && readsOf(plan.origin).size > 0);

/** The contexts of a cycle are equal in what counts; fields that were given and do not count are what a reader stumbles over. */
function adviceFor(places: readonly Place[], own: readonly Place[]): string {
  if (!own.some(readsContext)) return `${own.length === 1 ? 'It reads no context' : 'None of them reads a context'}, so that another one changes nothing: break the cycle.`;
  const unread = new Set<string>();
  for (const { act } of places) if (act.caller !== undefined) for (const name of Object.keys(act.context)) if (!readsOf(act.plan.origin).has(name)) unread.add(name);
  const ignored = unread.size === 0 ? '' : ` (${listNames(unread)}, which was given too, is not read)`;
  return `It is asked for again in a context that is equal in all that it reads${ignored}. Compute it in another context, or break the cycle.`;
}

/** The error for a recursion that would not end: `at` is the innermost evaluation, which asks once more. */
export function endlessError(name: string, at: Place, deepest: number): FlowError {
  const last: Place[] = [];
  for (let place: Place | undefined = at; place !== undefined && last.length < 3; place = place.act.caller) last.unshift(place);
  const texts = last.map(stepText);
  const isSame = new Set(texts).size < texts.length;
  const advice = `${isSame ? 'their contexts are equal' : 'their contexts differ'}. Does the recursion end?${isSame ? ' Bind the model once and pass it on, so that a cycle is seen at once.' : ''}`;
  return new FlowError('CYCLE', `${name}: ${deepest} evaluations wait for each other, each by run.compute of the one above. The last ones are ${texts.join(' → ')}: ${advice}`, { details: { cycle: [name], contexts: Object.freeze(last.map(shownFields)) } });
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
