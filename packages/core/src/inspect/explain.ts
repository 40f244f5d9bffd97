import { verified } from '../cache/entries.ts';
import { lastRun } from '../cache/history.ts';
import { Keys } from '../cache/keys.ts';
import type { CacheEntry } from '../cache/result-cache.ts';
import { FlowError, issueText, listNames } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import { expectModel } from '../model/expect-model.ts';
import type { Model } from '../model/model.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import { planOf } from '../plan/planner.ts';
import { Activation } from '../run/activation.ts';
import { Problem } from '../run/problems.ts';
import { resolveOptions, treatOf } from '../run/options.ts';
import type { ComputeOptions } from '../run/options.ts';
import type { CallableModel } from '../types.ts';
import { differences, partsOf } from './differences.ts';
import { Explained } from './explanation.ts';
import { graphOfSurvey } from './graph.ts';
import type { Remarks } from './graph.ts';
import { givenFields } from './inspect.ts';
import { Survey } from './survey.ts';
import type { ExplainedNode, Explanation } from './types.ts';

/**
 * What `compute` would do with every node, and why, without running a body: whether it would run, is in the cache and under which key, is not needed
 * because what needs it is cached, is evaluated on demand only, lacks something, or waits for one that does. Against the last run that the same cache object saw of a
 * model of that name, or else of any that has such nodes, it says which input, context field or code made a key differ.
 *
 * Takes compute's options; those that change keys or choose models count. Rejects with INVALID_CONTEXT for what is no context at all.
 *
 * @example
 * ```ts
 * const cache = memoryCache();
 * const price = flowModel({ name: 'price', inputs: { day: FromContext(z.number()) } }, ({ day }) => day * 2);
 * const total = flowModel({ name: 'total', inputs: { price: z.number(), count: z.number() } }, ({ price, count }) => price * count);
 * const order = total({ price: price(), count: 3 });
 * await order.flow.compute({ day: 1 }, { cache });
 * const { nodes } = await explain(order.rebind({ count: 4 }), { day: 1 }, { cache });
 * console.log(nodes[0]?.status, nodes[0]?.reason); // run input 'count': 3 → 4
 * console.log(nodes[1]?.status); // cached
 * ```
 */
export async function explain(model: CallableModel, context?: object, options?: ComputeOptions): Promise<Explanation> {
  const root = expectModel('explain(', model);
  const resolved = resolveOptions(options);
  const sight = new Sight(root, givenFields(context, root), resolved);
  const { survey } = sight;
  const seen = resolved.cache === undefined ? undefined : lastRun(resolved.cache, root);
  const before = seen === undefined ? undefined : new Sight(seen.model, seen.context, { ...seen.options, cache: resolved.cache });
  const cellBefore = before === undefined ? () => undefined : cellsOf(before.survey, survey);

  const remarks = new Map<number, Remarks>();
  const needed = new Set<number>([survey.plan.root]);
  for (const cell of sight.topDown()) {
    const remark = await sight.remark(cell, needed.has(cell));
    if (remark.status !== 'cached' && remark.status !== 'pruned' && remark.status !== 'lazy') for (const edge of survey.edges(cell)) if (edge.kind === 'input' || edge.kind === 'computed') needed.add(edge.from);
    const was = cellBefore(cell);
    remarks.set(cell, remark.status === 'run' && remark.reason === undefined ? { ...remark, reason: reasonFor(sight, cell, before, was) } : remark);
  }
  const graph = graphOfSurvey(root, survey, (cell) => remarks.get(cell)!);
  const nodes = survey.cells.map((cell, i) => Object.freeze({ id: graph.nodes[i]!.id, path: survey.paths.get(cell)!, model: labelOf(survey.definition(cell)), ...remarks.get(cell)! }) as ExplainedNode);
  return new Explained(nodes, graph);
}

/** Which cell of an earlier run stood where one stands now; of a run of another root, the first one of the same name. */
function cellsOf(before: Survey, now: Survey): (cell: number) => number | undefined {
  const nameOf = (survey: Survey, cell: number): unknown => survey.definition(cell).name ?? survey.definition(cell);
  const isSameRoot = nameOf(before, before.plan.root) === nameOf(now, now.plan.root);
  const placeOf = (survey: Survey, cell: number): unknown => (isSameRoot ? survey.paths.get(cell)! : nameOf(survey, cell));
  const cells = new Map(before.cells.toReversed().map((cell) => [placeOf(before, cell), cell]));
  return (cell) => cells.get(placeOf(now, cell));
}

/** Why a node that could be cached is not. */
function reasonFor(sight: Sight, cell: number, before: Sight | undefined, was: number | undefined): string {
  if (sight.options.cache === undefined) return 'there is no cache';
  if (before === undefined) return 'this cache has seen no run of it in this process';
  if (was === undefined) return 'it was not in the last run';
  const [old, now] = [labelOf(before.survey.definition(was)), labelOf(sight.survey.definition(cell))];
  if (old !== now) return `${old} stood here in the last run`;
  const found = sight.compare(cell, before, was);
  return found.length > 0 ? found.join('; ') : 'nothing changed since the last run, but the cache does not have it (evicted, expired, or never kept)';
}

/** A graph in a context, with the keys of its nodes. */
class Sight {
  readonly options: ComputeOptions;
  readonly survey: Survey;
  readonly #act: Activation;
  readonly #keys: Keys;
  readonly #lacking = new Map<number, string>();
  /** Per node, the label or path of the first one upstream of it that lacks something. */
  readonly #waitsFor = new Map<number, string>();

  constructor(root: Model, context: Readonly<Record<string, unknown>>, options: ComputeOptions) {
    const treat = treatOf(options);
    // A plan of its own: looking changes nothing for runs.
    this.survey = new Survey(root, context, planOf(root, (base, rewrites) => treat?.(base, rewrites)));
    this.options = options;
    this.#act = new Activation(this.survey.plan, context, undefined);
    this.#keys = new Keys(options);
    for (const cell of this.survey.cells) {
      const lacks = this.#lacks(cell);
      if (lacks !== undefined) this.#lacking.set(cell, lacks);
    }
    if (this.#lacking.size > 0) this.#wait();
  }

  /** What is downstream of a node that lacks something waits for it; over lazy edges only when asked for. */
  #wait(): void {
    const { survey } = this;
    for (const cell of this.topDown().toReversed()) {
      for (const { from, kind } of survey.edges(cell)) {
        if (kind === 'lazy' || kind === 'model' || this.#waitsFor.has(cell)) continue;
        const what = this.#lacking.has(from) ? (survey.label(from)?.text ?? survey.paths.get(from)) : this.#waitsFor.get(from);
        if (what !== undefined) this.#waitsFor.set(cell, what);
      }
    }
  }

  /** Every node after all of its consumers. */
  topDown(): number[] {
    const { survey } = this;
    const waiting = new Map<number, number>();
    for (const cell of survey.cells) for (const { from } of survey.edges(cell)) waiting.set(from, (waiting.get(from) ?? 0) + 1);
    const order = [survey.plan.root];
    for (const cell of order) {
      for (const { from } of survey.edges(cell)) {
        const left = waiting.get(from)! - 1;
        waiting.set(from, left);
        if (left === 0) order.push(from);
      }
    }
    return order;
  }

  async remark(cell: number, isNeeded: boolean): Promise<Remarks> {
    const { survey } = this;
    const reach = survey.reach.get(cell)!;
    if (reach === 'model') return { status: 'lazy', reason: 'its consumer computes it, in a context of its own' };
    const lacks = this.#lacking.get(cell);
    const waits = this.#waitsFor.has(cell) ? `waits for ${this.#waitsFor.get(cell)}` : undefined;
    if (reach === 'eager' && lacks !== undefined) return { status: 'missing', reason: lacks };
    if (reach === 'eager' && waits !== undefined) return { status: 'waiting', reason: waits };
    const { key, source, problem } = this.#keyOf(cell);
    const known = key === undefined ? {} : { key };
    const isCached = key !== undefined && (await this.#isCached(key, source!));
    if (reach === 'lazy' && !isNeeded) return { status: 'lazy', ...known, reason: lacks ?? waits ?? (isCached ? 'in the cache, should it be asked for' : 'evaluated when it is asked for') };
    if (!isNeeded) return { status: 'pruned', ...known };
    if (isCached) return { status: 'cached', ...known };
    return { status: 'run', ...known, ...(problem !== undefined && { reason: problem }) };
  }

  compare(cell: number, before: Sight, was: number): string[] {
    try {
      return differences(partsOf(before.#keys, before.#act, was), partsOf(this.#keys, this.#act, cell));
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** The key, or why there is none. */
  #keyOf(cell: number): { readonly key?: string; readonly source?: string; readonly problem?: string } {
    const { plan } = this.survey;
    try {
      const key = this.#keys.of(this.#act, cell);
      if (key !== null && !this.#keys.isCacheable(this.#act, cell)) return { key, source: '', problem: 'it is not to be cached' };
      if (key !== null) return { key, source: this.#keys.source(this.#act, cell) };
      return { problem: plan.volatileCells.has(cell) ? 'it is volatile' : 'something upstream of it is volatile, replaced, or not to be hashed' };
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      return { problem: error.message };
    }
  }

  async #isCached(key: string, source: string): Promise<boolean> {
    try {
      const entry: CacheEntry | undefined = await this.options.cache?.get(key);
      return entry !== undefined && verified(entry, source) !== undefined;
    } catch {
      return false; // a cache that fails is a miss
    }
  }

  /** What the schemas have against the fields that a node reads. */
  #invalid(cell: number): string[] {
    const { plan } = this.survey;
    const texts = new Set<string>();
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (!isSlot(op) || plan.computedBelow[indexOf(op)]!.length > 0) continue;
      const value = this.#act.slot(indexOf(op));
      if (!(value instanceof Problem)) continue;
      for (const what of value.what) if (what.kind === 'invalid') texts.add(`context field '${what.field}' is invalid${this.survey.isSecret(what.slot) ? '' : `: ${issueText(what.issues)}`}`);
    }
    return [...texts];
  }

  /** What keeps a node from being evaluated, in words. */
  #lacks(cell: number): string | undefined {
    const { survey } = this;
    const { plan } = survey;
    const texts: string[] = [];
    const unbound = plan.unbound.filter((one) => one.cell === cell).map(({ input }) => input.name);
    if (unbound.length > 0) texts.push(`unbound: ${listNames(unbound)}`);
    const fields = new Set(survey.problems(cell).flatMap((what) => (what.kind === 'missing' ? [what.field] : [])));
    if (fields.size > 0) texts.push(`context lacks ${listNames(fields)}`);
    for (const what of survey.problems(cell)) if (what.kind === 'thrown') texts.push(`a transform fails: ${what.error instanceof Error ? what.error.message : String(what.error)}`);
    for (const text of this.#invalid(cell)) texts.push(text);
    const resources = resourcesOf(survey, cell).filter((name) => this.options.resources?.[name] === undefined);
    if (resources.length > 0) texts.push(`no resource ${listNames(resources)}`);
    return texts.length === 0 ? undefined : texts.join('; ');
  }
}

function resourcesOf({ plan }: Survey, cell: number): string[] {
  const names: string[] = [];
  if (!plan.usesResources) return names;
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    const operand = isSpecial(op) ? plan.operands[indexOf(op)]! : undefined;
    if (operand?.kind === 'resource') names.push(operand.name);
  }
  return names;
}
