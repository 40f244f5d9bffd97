/** One document to one model. Everything is checked first; only a document without a problem is wired. */
import { FlowError } from '@flowmodel/core';
import type { Path } from '../document/data.ts';
import { inOrder as inOrderOfText } from '../document/parse.ts';
import { isNested } from '../document/schema.ts';
import type { NodeDeclaration, WorkflowDocument } from '../document/schema.ts';
import type { Source } from '../document/source.ts';
import type { WorkflowIssue } from '../errors.ts';
import { suggestion } from '../names.ts';
import { bareReferencesIn, parseExpression, referencesIn } from '../template/expression.ts';
import type { Expression } from '../template/expression.ts';
import { withOutcome } from './gating.ts';
import { fits, kindOf, kindOfInput, kindOfValue, kindText } from './kinds.ts';
import { checkModelNode, readsMore, wireModelNode } from './model-node.ts';
import { checkBatchNode, wireBatchNode } from './batch-node.ts';
import { checkInstanceNode, wireInstanceNode } from './instance-node.ts';
import { checkNestedNode, imply, isSplit, readMappings, wireNestedNode, wrapOf } from './nested-node.ts';
import { called } from './labels.ts';
import { checkActions, checkRoutes, edgesOf, inOrder, placeGates, waitsFor } from './order.ts';
import type { Edges } from './order.ts';
import { collect } from './parts.ts';
import { setOutputs } from './places.ts';
import { Scope } from './scope.ts';
import type { Place, Session, Site } from './session.ts';
import { unionOf, Wiring } from './wiring.ts';
import { expressionsOf } from './work.ts';
import type { Basis, CompiledDocument, Wire, Work } from './work.ts';

/** What became of a document. */
export interface Compilation {
  readonly compiled: CompiledDocument | undefined;
  readonly issues: readonly WorkflowIssue[];
  readonly warnings: readonly WorkflowIssue[];
}

export function compileDocument(document: WorkflowDocument, source: Source, place: Place, session: Session): Compilation {
  const issues: WorkflowIssue[] = [];
  const warnings: WorkflowIssue[] = [];
  const scope = new Scope(document, source, issues, warnings, session.registry);
  const basis = new BasisBuilder();
  checkInputs(scope);
  const works = document.nodes.map((node, i) => readNode(node, { at: ['nodes', i], source, place, issues }, scope, session, basis));
  scope.addNodes(works);
  for (const { child } of works) if (child !== undefined && 'compiled' in child) warnings.push(...child.compiled.warnings);
  const outputs = readOutputs(scope);
  for (const work of works) for (const value of expressionsOf(work)) addUses(scope, work, value);

  for (const work of works) warnOfBareNames(scope, work);

  const edges = edgesOf(scope, works);
  for (const work of works) imply(scope, work, (from, to) => waitsFor(from, to, edges));
  const sorted = inOrder(works, edges);
  if ('circle' in sorted) reportCircle(scope, sorted.circle);
  const order = 'order' in sorted ? sorted.order : works;
  if ('order' in sorted) placeGates(scope, order, edges);
  for (const work of order) {
    if (work.batch !== undefined) checkBatchNode(scope, work, work.batch, (body, from) => compileBody(body, source.partial(from), place, session, { basis, issues, warnings }));
    else if (isNested(work.node)) checkNestedNode(scope, work);
    else if (work.instance !== undefined) checkInstanceNode(scope, work, work.instance);
    else if (work.definition !== undefined) checkModelNode(scope, work, work.definition);
    else for (const [name, value] of work.values) scope.kindOf(value, [...work.valuesAt, name]);
  }
  checkActions(scope, edges);
  checkRoutes(scope, works, edges, (work) => looksAtFailure(scope, works, outputs, work));
  const kinds = Object.fromEntries(outputs.map(({ name, value, at }) => [name, scope.kindOf(value, at)]));
  if (issues.length === 0) for (const name of Object.keys(document.inputs)) if (!scope.used.has(name)) scope.warn(['inputs', name], `nothing uses the input '${name}'`); // else it may be what an error hides
  if (issues.length > 0) return { compiled: undefined, issues: inOrderOfText(issues, source.file), warnings };
  if (scope.usesInstances) basis.isFinal = false; // they may be replaced

  const wired = wireDocument(scope, order, edges, outputs);
  if (wired === undefined) return { compiled: undefined, issues, warnings };
  const { wire, optional, wires, isSumOfOutputs } = wired;
  const compiled: CompiledDocument = {
    model: wire.model,
    inputs: document.inputs,
    needs: new Set([...wire.needs].filter((name) => Object.hasOwn(document.inputs, name))),
    readsMore: scope.usesInstances || works.some((work) => work.definition !== undefined && readsMore(scope, work, work.definition)),
    outputs: Object.fromEntries(outputs.map(({ name }) => [name, { kind: kinds[name], isOptional: optional.includes(name), wire: wires.get(name)! }])),
    isSumOfOutputs,
    warnings,
    basis,
  };
  return { compiled, issues, warnings };
}

/** The node of a batch by itself: a document at the same depth. */
function compileBody(body: WorkflowDocument, source: Source, place: Place, session: Session, { basis, issues, warnings }: { readonly basis: BasisBuilder; readonly issues: WorkflowIssue[]; readonly warnings: WorkflowIssue[] }): CompiledDocument | undefined {
  const { compiled, ...told } = compileDocument(body, source, place, session);
  issues.push(...told.issues);
  warnings.push(...told.warnings.filter(({ message }) => !message.startsWith('nothing uses the input'))); // an item need not be used
  if (compiled !== undefined) basis.include(compiled.basis, 0);
  return compiled;
}

function checkInputs(scope: Scope): void {
  for (const [name, input] of Object.entries(scope.document.inputs)) {
    if (input.default === undefined || input.default === null || fits(kindOfValue(input.default), kindOfInput(input))) continue;
    scope.report(['inputs', name, 'default'], `the default of '${name}' is ${kindText(kindOfValue(input.default))}, and its type is ${input.type}`);
  }
}

/* ---------- nodes ---------- */

function readNode(node: NodeDeclaration, site: Site, scope: Scope, session: Session, basis: BasisBuilder): Work {
  const { at, source } = site;
  const nested = isNested(node);
  const valuesAt = nested ? [...at, 'params', 'param_mapping'] : [...at, 'params'];
  const given = nested ? (node.params.param_mapping ?? {}) : node.params;
  const report = (at: Path, problem: string): void => scope.report(at, problem);
  const values = new Map(Object.entries(given).map(([name, value]) => [name, parseExpression(value, { bare: nested, instances: session.registry !== undefined }, report, [...valuesAt, name])]));
  const routed = nested ? node.params.error_action : undefined;
  const errorAction = node.error_action ?? (routed === '' ? 'error' : routed);
  const batch = node.batch === undefined ? undefined : { declaration: node.batch, items: parseExpression(node.batch.items, { bare: true }, report, [...at, 'batch', 'items']), body: undefined };
  const isInstance = batch === undefined && session.registry !== undefined && node.type.startsWith('/');
  const definition = nested || isInstance || batch !== undefined ? undefined : findDefinition(node.type, [...at, 'type'], scope, session, basis);
  return {
    node,
    at,
    place: { ...source.place(at), node: node.id, type: node.type, output: undefined },
    valuesAt,
    values,
    definition,
    instance: isInstance ? scope.instance(node.type, [...at, 'type'], values.keys()) : undefined,
    batch,
    child: nested && batch === undefined ? session.child(node, site, errorAction !== undefined, basis) : undefined,
    mappings: nested && batch === undefined ? readMappings(node, at, source, report) : undefined,
    implied: new Map(),
    errorAction,
    uses: new Set(),
    kind: kindOf(definition?.output?.schema, 'output'),
    isOutcome: false,
    gates: undefined,
  };
}

/** `$name` is text in the params of a model, and may not be meant so. */
function warnOfBareNames(scope: Scope, { node, valuesAt }: Work): void {
  if (isNested(node)) return;
  const known = new Set(scope.names()).add(node.batch?.as ?? '');
  for (const { at, reference } of bareReferencesIn(node.params)) {
    if (known.has(reference.name)) scope.warn([...valuesAt, ...at], `'${reference.text}' is text here. The params of a model refer to a value with braces: \${${reference.text.slice(1)}}; and '$${reference.text}' is the text without a doubt`);
  }
}

function findDefinition(type: string, at: Path, scope: Scope, { definitions }: Session, basis: BasisBuilder): Work['definition'] {
  if (definitions.has(type)) {
    const definition = definitions.get(type);
    if (definition.kind === 'function' || definition.kind === 'class') {
      basis.definitions.set(type, definition);
      return definition;
    }
    scope.report(at, `'${type}' is a context transform, and nodes are models`);
    return undefined;
  }
  const names = definitions.names().filter((name) => ['function', 'class'].includes(definitions.get(name).kind) && !name.startsWith('workflow'));
  scope.report(at, `no flow model is named '${type}'.${suggestion(type, ['workflow', ...names], 'Known are')} Import the module that defines it`);
  return undefined;
}

function addUses(scope: Scope, work: Work, value: Expression): void {
  for (const { reference } of referencesIn(value)) {
    const used = scope.nodeOf(reference.name);
    if (used !== undefined) work.uses.add(used);
  }
}

function reportCircle(scope: Scope, circle: readonly Work[]): void {
  const ids = circle.map(({ node }) => node.id);
  scope.report(circle[0]!.at, `the nodes wait for each other: ${[...ids, ids[0]].join(' -> ')}. A document has no loops; write the loop as a model`);
}

/* ---------- outputs ---------- */

interface Output {
  readonly name: string;
  readonly at: Path;
  readonly value: Expression;
}

function readOutputs(scope: Scope): Output[] {
  return Object.entries(scope.document.outputs).map(([name, { source }]) => {
    const at = ['outputs', name, 'source'];
    const value = parseExpression(source, { bare: true }, (at, problem) => scope.report(at, problem), at);
    if (value.kind === 'literal') scope.report(at, `the source of '${name}' refers to nothing. Write '\${node}' or '\${node.path}'`);
    return { name, at, value };
  });
}

function looksAtFailure(scope: Scope, works: readonly Work[], outputs: readonly Output[], work: Work): boolean {
  const values = [...works.flatMap(expressionsOf), ...outputs.map(({ value }) => value)];
  return values.some((value) => [...referencesIn(value)].some(({ reference: { name, path } }) => (path[0] === 'error' || path[0] === 'action') && scope.nodeOf(name) === work));
}

/* ---------- wiring ---------- */

interface Wired {
  readonly wire: Wire;
  readonly wires: ReadonlyMap<string, Wire>;
  /** Outputs in lists, which may be empty. */
  readonly optional: readonly string[];
  readonly isSumOfOutputs: boolean;
}

function wireDocument(scope: Scope, order: readonly Work[], edges: Edges, outputs: readonly Output[]): Wired | undefined {
  const wiring = new Wiring(scope);
  for (const work of order) {
    try {
      if (isSplit(work)) wiring.addSplit(work, wrapOf(wiring, work));
      else wiring.add(work, withOutcome(scope, wiring, work, wireOfNode(scope, wiring, work)));
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      scope.report(work.at, error.message); // what the checks cannot know: a contextType, a refinement over several inputs
      return undefined;
    }
  }
  const wires = new Map<string, Wire>();
  const optional: string[] = [];
  for (const { name, value } of outputs) {
    const mayBeSkipped = [...referencesIn(value)].some(({ reference, isOptional }) => !isOptional && scope.nodeOf(reference.name)?.isOutcome === true);
    if (mayBeSkipped) optional.push(name);
    const wire = mayBeSkipped ? wiring.tentativeWire(value, true) : wiring.wireOf(value);
    wires.set(name, wire);
  }
  const also = [...unused(scope, order, edges, outputs).flatMap((work) => wiring.nodeWires(work)), ...wiring.unaskedOutputs(), ...(order.some(({ isOutcome }) => isOutcome) ? inputWires(scope, wiring) : [])];
  const model = called('outputs', collect({
    outputs: Object.fromEntries([...wires].map(([name, wire]) => [name, wire.model])),
    ...(optional.length > 0 && { optional }),
    ...(also.length > 0 && { also: also.map((wire) => wire.model) }),
  }));
  setOutputs(model, outputs.map(({ name, at }) => ({ ...scope.place(at), node: undefined, type: undefined, output: name })));
  return { wire: { model, needs: unionOf([...wires.values(), ...also].map(({ needs }) => needs)) }, optional, wires, isSumOfOutputs: optional.length + also.length === 0 };
}

function wireOfNode(scope: Scope, wiring: Wiring, work: Work): Wire {
  if (work.batch !== undefined) return wireBatchNode(wiring, work, work.batch);
  if (work.instance !== undefined) return wireInstanceNode(wiring, work, work.instance);
  return work.definition === undefined ? wireNestedNode(wiring, work) : wireModelNode(scope, wiring, work, work.definition);
}

/** Nodes that run although nothing refers to them. */
function unused(scope: Scope, order: readonly Work[], edges: Edges, outputs: readonly Output[]): Work[] {
  const used = new Set<Work | undefined>(outputs.flatMap(({ value }) => [...referencesIn(value)].map(({ reference }) => scope.nodeOf(reference.name))));
  for (const { uses, gates } of order) {
    for (const work of uses) used.add(work);
    for (const { from } of gates ?? []) used.add(from);
  }
  for (const { from, to } of edges.all) if (to.gates === undefined) used.add(from); // data leads there
  return order.filter((work) => !used.has(work));
}

/** A lazy branch is checked when it is reached; the inputs of a document are checked before anything runs. */
const inputWires = (scope: Scope, wiring: Wiring): Wire[] =>
  Object.entries(scope.document.inputs).filter(([name]) => scope.used.has(name)).map(([name, declaration]) => wiring.inputWire(name, declaration));

/* ---------- what a cached copy depends on ---------- */

export class BasisBuilder implements Basis {
  readonly files = new Map<string, string>();
  readonly definitions = new Map<string, NonNullable<Work['definition']>>();
  tooDeepAt = Number.POSITIVE_INFINITY;
  isFinal = true;

  /** A nested node of this document may not stand at `maxDepth` or deeper. */
  limit(maxDepth: number): void {
    this.tooDeepAt = Math.min(this.tooDeepAt, maxDepth);
  }

  /** `levels`: how much deeper it stands. */
  include(child: Basis, levels = 1): void {
    for (const [path, hash] of child.files) this.files.set(path, hash);
    for (const [name, definition] of child.definitions) this.definitions.set(name, definition);
    this.tooDeepAt = Math.min(this.tooDeepAt, child.tooDeepAt - levels);
    this.isFinal &&= child.isFinal;
  }
}
