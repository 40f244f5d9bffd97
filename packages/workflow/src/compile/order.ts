/** The order of nodes, and which of them may be skipped. */
import { DEFAULT_ACTION } from './outcome.ts';
import type { Scope } from './scope.ts';
import { referencesIn } from '../template/expression.ts';
import type { Path } from '../document/data.ts';
import { nearestNames, suggestion } from '../names.ts';
import type { Kind } from './kinds.ts';
import { expressionsOf } from './work.ts';
import type { GateEdge, Work } from './work.ts';

/** An edge of the document between nodes that exist. */
export interface Edge {
  readonly from: Work;
  readonly to: Work;
  readonly action: string;
  readonly at: Path;
}

/** The edges of a document, by their ends. */
export class Edges {
  readonly all: readonly Edge[];
  readonly #into: ReadonlyMap<Work, readonly Edge[]>;
  readonly #outOf: ReadonlyMap<Work, readonly Edge[]>;

  constructor(all: readonly Edge[]) {
    this.all = all;
    this.#into = grouped(all, ({ to }) => to);
    this.#outOf = grouped(all, ({ from }) => from);
  }

  into(work: Work): readonly Edge[] {
    return this.#into.get(work) ?? [];
  }

  outOf(work: Work): readonly Edge[] {
    return this.#outOf.get(work) ?? [];
  }
}

function grouped(edges: readonly Edge[], end: (edge: Edge) => Work): Map<Work, Edge[]> {
  const groups = new Map<Work, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(end(edge));
    if (group === undefined) groups.set(end(edge), [edge]);
    else group.push(edge);
  }
  return groups;
}

/** Reads the edges of the document; reports those whose ends do not exist. */
export function edgesOf(scope: Scope, works: readonly Work[]): Edges {
  const byId = new Map(works.map((work) => [work.node.id, work]));
  const all = scope.document.edges.flatMap(({ from, to, action = DEFAULT_ACTION }, i) => {
    for (const [end, id] of [['from', from], ['to', to]] as const) {
      if (!byId.has(id)) scope.report(['edges', i, end], `there is no node '${id}'.${suggestion(id, byId.keys(), 'The nodes are')}`);
    }
    const ends = { from: byId.get(from), to: byId.get(to) };
    return ends.from === undefined || ends.to === undefined ? [] : [{ from: ends.from, to: ends.to, action, at: ['edges', i, 'action'] }];
  });
  return new Edges(all);
}

/** Nodes so that each comes after what it depends on, or else the nodes of a circle. */
export function inOrder(works: readonly Work[], edges: Edges): { readonly order: readonly Work[] } | { readonly circle: readonly Work[] } {
  const before = new Map(works.map((work) => [work, [...work.uses, ...edges.into(work).map(({ from }) => from)]]));
  const done = new Set<Work>();
  for (const start of works) {
    const open: { readonly work: Work; next: number }[] = [{ work: start, next: 0 }];
    const isOpen = new Set([start]);
    while (open.length > 0) {
      const top = open.at(-1)!;
      const upstream = before.get(top.work)!;
      if (done.has(top.work) || top.next === upstream.length) {
        done.add(top.work);
        isOpen.delete(top.work);
        open.pop();
        continue;
      }
      const work = upstream[top.next++]!;
      if (isOpen.has(work)) return { circle: open.slice(open.findIndex((each) => each.work === work)).map((each) => each.work).toReversed() };
      if (done.has(work)) continue;
      open.push({ work, next: 0 });
      isOpen.add(work);
    }
  }
  return { order: [...done] };
}

/** Whether a node comes after another, by data or by edges. */
export function waitsFor(from: Work, to: Work, edges: Edges): boolean {
  const seen = new Set<Work>([from]);
  for (const work of seen) for (const upstream of [...work.uses, ...edges.into(work).map((edge) => edge.from)]) seen.add(upstream);
  return seen.has(to);
}

/** Whether data leads from one node to another. */
function leads(from: Work, to: Work): boolean {
  if (to.uses.has(from)) return true; // mostly
  const seen = new Set<Work>([to]);
  for (const work of seen) for (const upstream of work.uses) seen.add(upstream);
  return from !== to && seen.has(from);
}

/** Decides, in order, which nodes stand behind a gate: those that an action or a failure may skip, and those that only wait for another. */
export function placeGates(scope: Scope, order: readonly Work[], edges: Edges): void {
  for (const work of order) {
    const incoming = edges.into(work).map(({ from, action }): GateEdge => ({ from, action, others: otherActions(edges, from) }));
    const decides = ({ from, action, others }: GateEdge): boolean => action !== DEFAULT_ACTION || from.isOutcome || others.length > 0 || !leads(from, work);
    const isGated = incoming.some(decides) || needsOf(scope, work).length > 0;
    if (isGated) work.gates = incoming;
    work.isOutcome = isGated || work.errorAction !== undefined;
  }
}

const otherActions = (edges: Edges, from: Work): string[] => [...new Set(edges.outOf(from).map(({ action }) => action))].filter((action) => action !== DEFAULT_ACTION);

export interface Need {
  readonly work: Work;
  readonly reference: string;
  readonly after: 'success' | 'failure' | 'both';
}

/** The nodes without whose value a node cannot run, as far as they may lack one. */
export function needsOf(scope: Scope, work: Work): Need[] {
  const found = new Map<string, Need>();
  const references = [...expressionsOf(work).flatMap((value) => [...referencesIn(value)]), ...[...work.implied.values()].map((reference) => ({ reference, isOptional: false }))];
  for (const { reference, isOptional } of references) {
    const node = scope.nodeOf(reference.name);
    if (isOptional || node === undefined || !node.isOutcome) continue;
    const isRouted = node.errorAction !== undefined && scope.resolve(reference.name)?.kind === 'node';
    const after = isRouted && reference.path[0] === 'error' ? 'failure' : isRouted && reference.path[0] === 'action' ? 'both' : 'success';
    found.set(`${node.node.id} ${after}`, { work: node, reference: reference.text, after });
  }
  return [...found.values()];
}

/** An edge that is never followed would be a silent one. */
export function checkActions(scope: Scope, { all }: Edges): void {
  for (const { from, action, at } of all) {
    if (action === DEFAULT_ACTION || action === from.errorAction) continue;
    const { id } = from.node;
    const known = actionsOf(from);
    if (known !== undefined) scope.report(at, `node '${id}' never has the action '${action}'.${suggestion(action, known, 'It has')} An action is the error_action of a node, a text that it yields, or the text in its field 'action'`);
    else if (from.errorAction !== undefined && nearestNames(action, [from.errorAction]).length > 0) scope.warn(at, `the error_action of node '${id}' is '${from.errorAction}', not '${action}'`);
  }
}

/** The actions that a node may have; undefined for any. */
function actionsOf({ child, kind, errorAction }: Work): string[] | undefined {
  const afterFailure = errorAction === undefined ? [] : [errorAction];
  if (child !== undefined && 'failure' in child) return afterFailure;
  return kind === undefined || kind.some(mayChoose) ? undefined : [DEFAULT_ACTION, ...afterFailure];
}

/** Whether a value of this kind is a text or has one in its field `action`. */
function mayChoose({ name, fields, isOpen }: NonNullable<Kind>[number]): boolean {
  if (name !== 'object') return name === 'string';
  if (fields === undefined || !Object.hasOwn(fields, 'action')) return isOpen !== false;
  const { kind } = fields['action']!;
  return kind === undefined || kind.some((one) => one.name === 'string');
}

/** A routed failure that leads nowhere and that nobody looks at would be a silent one. */
export function checkRoutes(scope: Scope, works: readonly Work[], edges: Edges, looksAtFailure: (work: Work) => boolean): void {
  for (const work of works) {
    const { errorAction } = work;
    if (errorAction === undefined || edges.outOf(work).some(({ action }) => action === errorAction) || looksAtFailure(work)) continue;
    const fix = `Add an edge { from: ${work.node.id}, to: …, action: ${errorAction} }, or refer to \${${work.node.id}.error}`;
    scope.report(work.at, `node '${work.node.id}' routes its failure to '${errorAction}', and no edge with that action leaves it. ${fix}`);
  }
}
