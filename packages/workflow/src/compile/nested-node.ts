/** A nested workflow: the child is wrapped in a context of its own, which holds its inputs and nothing else. */
import { setLabel } from '@flowmodel/core/extending';
import type { Path } from '../document/data.ts';
import type { NestedNodeDeclaration } from '../document/schema.ts';
import type { Source } from '../document/source.ts';
import { issueLine } from '../errors.ts';
import { nearestNames, suggestion } from '../names.ts';
import type { Expression } from '../template/expression.ts';
import { parseTemplate } from '../template/parse.ts';
import { kindAt, kindOfInput, recordOf } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { called } from './labels.ts';
import { fail, pass } from './parts.ts';
import { rewritten, setPlace } from './places.ts';
import type { Scope } from './scope.ts';
import { unionOf } from './wiring.ts';
import type { Supply, Wiring } from './wiring.ts';
import type { Child, CompiledDocument, Mapping, Wire, Work } from './work.ts';

/** Reads `output_mapping`: root name → what goes there. */
export function readMappings(node: NestedNodeDeclaration, at: Path, source: Source, report: (at: Path, problem: string) => void): ReadonlyMap<string, readonly Mapping[]> | undefined {
  const { output_mapping: given } = node.params;
  if (given === undefined) return undefined;
  const byRoot = new Map<string, Mapping[]>();
  for (const [from, to] of Object.entries(given)) {
    const here = [...at, 'params', 'output_mapping', from];
    const source = readPath(from, (problem) => report(here, problem));
    const target = readPath(to, (problem) => report(here, problem));
    if (source === undefined || target === undefined) continue;
    if (target.path.some((part) => typeof part === 'number')) {
      report(here, `'${to}' is a root name of this document, and may go on with fields, not with elements`);
      continue;
    }
    const mappings = byRoot.get(target.name) ?? [];
    const mapping: Mapping = { source, target: target.path as string[], at: here };
    const other = mappings.find((each) => isPrefix(each.target, mapping.target) || isPrefix(mapping.target, each.target));
    if (other !== undefined) report(here, `'${to}' is written by '${other.source.text}' too`);
    else byRoot.set(target.name, [...mappings, mapping]);
  }
  return byRoot;
}

const isPrefix = (a: readonly string[], b: readonly string[]): boolean => a.every((part, i) => b[i] === part);

/** A path as mappings write it, without a dollar sign; with one it is taken too. */
function readPath(text: string, report: (problem: string) => void): { readonly name: string; readonly path: Path; readonly text: string } | undefined {
  const parts = parseTemplate(text.startsWith('$') ? text : `\${${text}}`, { bare: true }, report);
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'object') return { ...only, text };
  if (parts.length > 0) report(`'${text}' is not a path. Write name or name.field`);
  return undefined;
}

/** Checks the mappings of a node against its child. */
export function checkNestedNode(scope: Scope, work: Work): void {
  const { child } = work;
  for (const key of ['retry', 'timeout'] as const) {
    if (work.node[key] !== undefined) scope.report([...work.at, key], `'${key}' goes to the nodes of the child: what has run in a child is not run again`);
  }
  for (const [name, value] of work.values) {
    const at = [...work.valuesAt, name];
    const input = child !== undefined && 'compiled' in child && Object.hasOwn(child.compiled.inputs, name) ? child.compiled.inputs[name] : undefined;
    if (input === undefined) scope.kindOf(value, at);
    else scope.check(value, at, kindOfInput(input), `'${name}' of the child`);
    if (child !== undefined && 'compiled' in child && input === undefined) scope.report(at, `the child has no input '${name}'.${suggestion(name, Object.keys(child.compiled.inputs), 'Its inputs are')}`);
  }
  if (child === undefined || !('compiled' in child)) return;
  const { compiled } = child;
  for (const [name, input] of Object.entries(compiled.inputs)) {
    const isGiven = work.values.has(name) || work.implied.has(name) || input.default !== undefined;
    if (compiled.needs.has(name) && !isGiven) scope.report(work.at, `node '${work.node.id}' lacks the input '${name}' of its child. Map it: param_mapping: { ${name}: … }${orName(scope, work.node as NestedNodeDeclaration, name)}`);
  }
  for (const [name, reference] of work.implied) scope.check({ kind: 'reference', reference }, work.at, kindOfInput(compiled.inputs[name]!), `'${name}' of the child`);
  work.kind = kindOfOutputs(compiled);
  for (const { source, at } of [...(work.mappings?.values() ?? [])].flat()) {
    if (!Object.hasOwn(compiled.outputs, source.name)) scope.report(at, `the child has no output '${source.name}'.${suggestion(source.name, Object.keys(compiled.outputs), 'Its outputs are')}`);
    else {
      const found = kindAt(work.kind, [source.name, ...source.path]);
      if ('problem' in found) scope.report(at, `'${source.text}': ${found.problem}`);
    }
  }
}

/** What the storage mode would take for an input of the child. */
function orName(scope: Scope, { params }: NestedNodeDeclaration, input: string): string {
  const visible = params.storage_mode === 'scoped' || params.storage_mode === 'shared' ? visibleName(params, input) : undefined;
  if (visible === undefined) return '';
  const near = nearestNames(visible, scope.names()).map((name) => `'${name}'`).join(' or ');
  return `, or have an input or a node '${visible}' here, which '${params.storage_mode}' shows the child${near === '' ? '' : `; there is ${near}`}`;
}

function kindOfOutputs({ outputs }: CompiledDocument): Kind {
  const [record] = recordOf(Object.fromEntries(Object.entries(outputs).map(([name, { kind }]) => [name, kind])))!;
  return [{ ...record!, fields: Object.fromEntries(Object.entries(record!.fields!).map(([name, field]) => [name, { ...field, isOptional: outputs[name]!.isOptional }])) }];
}

/**
 * Adds to `implied` what the storage mode shows the child: `scoped` the root names with the prefix, `shared` all. Only inputs that the child
 * declares and that are not mapped; and only from nodes that do not themselves wait for this one.
 */
export function imply(scope: Scope, work: Work, waitsFor: (from: Work, to: Work) => boolean): void {
  const { params } = work.node as NestedNodeDeclaration;
  const { child } = work;
  if ((params.storage_mode !== 'scoped' && params.storage_mode !== 'shared') || child === undefined || !('compiled' in child)) return;
  for (const name of Object.keys(child.compiled.inputs)) {
    const visible = visibleName(params, name);
    if (visible === undefined || work.values.has(name) || scope.resolve(visible) === undefined) continue;
    const node = scope.nodeOf(visible);
    if (node === work || (node !== undefined && waitsFor(node, work))) continue;
    work.implied.set(name, { name: visible, path: [], text: `\${${visible}}` });
    if (node !== undefined) work.uses.add(node);
  }
}

/** The root name that stands behind an input of the child. */
function visibleName({ storage_mode: mode, scope_prefix: prefix, stripPrefix: strips }: NestedNodeDeclaration['params'], input: string): string | undefined {
  if (mode === 'shared') return input;
  if (strips) return prefix + input;
  return input.startsWith(prefix) ? input : undefined;
}

/** The child in its own context. */
export function wireNestedNode(wiring: Wiring, work: Work): Wire {
  const child = work.child!;
  if ('failure' in child) {
    const { message, issues } = child.failure;
    const model = called(work.node.id, fail({ phase: issues[0]!.phase, message, issues: issues.map((issue) => ({ ...issue, at: [...issue.at] })) }));
    return { model, needs: new Set() };
  }
  const { model, needs } = child.compiled;
  return wrapOf(wiring, work)({ model, needs });
}

/** Whether each output of the child is taken by itself, so that nothing is collected only to be looked into again. */
export function isSplit({ child, isOutcome }: Work): boolean {
  return !isOutcome && child !== undefined && 'compiled' in child && child.compiled.isSumOfOutputs && Object.keys(child.compiled.outputs).length > 0;
}

/** What puts a part of the child into the context of its own: an output, or the child as a whole. */
export function wrapOf(wiring: Wiring, work: Work): (part: Wire, output?: string) => Wire {
  const { compiled } = work.child as Extract<Child, { compiled: CompiledDocument }>;
  const supplies = new Map<string, Supply>();
  const supply = (name: string, value: Expression): void => {
    if (compiled.needs.has(name)) supplies.set(name, wiring.supply(value));
  };
  for (const [name, value] of work.values) supply(name, value);
  for (const [name, reference] of work.implied) supply(name, { kind: 'reference', reference });
  return ({ model, needs, isWrapper = false }, output) => {
    const read = [...supplies].filter(([name]) => needs.has(name));
    const inside = isWrapper ? called(output === undefined ? 'outputs' : `output ${output}`, pass({ value: model })) : model;
    const wrapper = setLabel(rewritten(inside, Object.fromEntries(read.map(([name, { value }]) => [name, value])), []), work.node.id);
    setPlace(wrapper, work.place);
    return { model: wrapper, needs: unionOf(read.map(([, supplied]) => supplied.needs)), isWrapper: true };
  };
}

/** What a routed failure of a child says. */
export const failureText = (shown: string, issues: Parameters<typeof issueLine>[0][]): string => `the workflow '${shown}' does not compile: ${issues.map(issueLine).join('; ')}`;
