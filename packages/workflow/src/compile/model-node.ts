/** A node that names a flow model: its params are checked against the inputs of the model, and bound. */
import { compose, modelOf, retry, timeout } from '@flowmodel/core';
import type { CallableModel, ContextField, Definition, Evaluator, InputSpec } from '@flowmodel/core';
import { setLabel } from '@flowmodel/core/extending';
import { z } from 'zod';
import type { Path } from '../document/data.ts';
import type { NodeDeclaration } from '../document/schema.ts';
import { suggestion } from '../names.ts';
import type { Expression } from '../template/expression.ts';
import { kindOf } from './kinds.ts';
import { called, textOf } from './labels.ts';
import { handOn } from './parts.ts';
import { computedFrom, readFrom, rewritten } from './places.ts';
import type { Scope } from './scope.ts';
import { unionOf } from './wiring.ts';
import type { Supply, Wiring } from './wiring.ts';
import type { Wire, Work } from './work.ts';

/** Checks the params of a node; everything that is wrong is reported. */
export function checkModelNode(scope: Scope, work: Work, definition: Definition): void {
  const { id } = work.node;
  const fields = contextFieldsOf(definition);
  if (definition.kind === 'class' && evaluatorsOf(work.node).length > 0) scope.report(work.at, `${definition.name} is a class, and only functions take 'retry' and 'timeout' from a document. Give the class an evaluator`);
  for (const [name, value] of work.values) {
    const at = [...work.valuesAt, name];
    const input = regularInput(definition, name);
    const field = fields.get(name);
    if (input !== undefined) checkInput(scope, definition, input, value, at);
    else if (field !== undefined) checkField(scope, definition, field, value, at);
    else scope.report(at, `${definition.name} has no input '${name}'.${suggestion(name, namesOf(definition), 'Its inputs are')}`);
  }
  for (const { name, role, required } of definition.inputs) {
    if (role === 'context' || !required || work.values.has(name)) continue;
    scope.report(work.at, `node '${id}' lacks the input '${name}' of ${definition.name}. Give it in params: ${name}: \${…}`);
  }
  for (const { name, required, schema } of fields.values()) {
    if (work.values.has(name)) continue;
    const isDeclared = scope.input(name) !== undefined;
    if (required && !isDeclared) scope.report(work.at, `node '${id}' lacks '${name}' (${schema.type}), which ${definition.name} reads from the context. Give it in params, or declare an input '${name}'`);
    if (isDeclared) scope.check({ kind: 'reference', reference: { name, path: [], text: `the input '${name}'` } }, work.at, kindOf(schema.schema, 'input'), `'${name}' of ${definition.name}`);
  }
}

const contextFieldsOf = (definition: Definition): ReadonlyMap<string, ContextField> => new Map(definition.contextFields.map((field) => [field.name, field]));

const regularInput = (definition: Definition, name: string): InputSpec | undefined => definition.inputs.find((input) => input.name === name && input.role !== 'context');

const namesOf = (definition: Definition): Set<string> => new Set([...definition.inputs.filter(({ role }) => role !== 'resource').map(({ name }) => name), ...definition.contextFields.map(({ name }) => name)]);

function checkInput(scope: Scope, definition: Definition, { name, role, schema }: InputSpec, value: Expression, at: Path): void {
  const what = `'${name}' of ${definition.name}`;
  if (role === 'resource') return scope.report(at, `${what} is a resource, which the run supplies: compute(context, { resources: { ${name} } })`);
  if (value.kind !== 'literal' && definition.kind === 'class') {
    scope.kindOf(value, at);
    return scope.report(at, `${what} takes a literal, since ${definition.name} is a class; only its context takes templates`);
  }
  if (role === 'model' && value.kind === 'reference' && scope.nodeOf(value.reference.name)?.isOutcome === true) return scope.report(at, `${what} takes a node that neither fails by an error_action nor may be skipped`);
  if (role === 'model' && (value.kind !== 'reference' || value.reference.path.length > 0 || scope.nodeOf(value.reference.name) === undefined)) return scope.report(at, `${what} takes a node: '\${node}'`);
  if (role === 'lazy' && value.kind === 'literal') return scope.report(at, `${what} is lazy, and a literal is not. Refer to a node`);
  if (value.kind === 'literal') return checkLiteral(scope, schema!.schema, schema!.secret, value.value, at, what);
  scope.check(value, at, kindOf(schema?.schema, 'input'), what);
}

function checkField(scope: Scope, definition: Definition, { name, schema, also }: ContextField, value: Expression, at: Path): void {
  const what = `'${name}' of ${definition.name}`;
  if (value.kind !== 'literal') return scope.check(value, at, kindOf(schema.schema, 'input'), what);
  for (const each of also === undefined ? [schema] : [schema, also]) checkLiteral(scope, each.schema, each.secret, value.value, at, what);
}

function checkLiteral(scope: Scope, schema: z.core.$ZodType, isSecret: boolean, value: unknown, at: Path, what: string): void {
  const result = z.safeParse(schema, value);
  if (result.success) return;
  const text = isSecret ? 'it is not accepted' : result.error.issues.map((issue) => `${issue.path.length === 0 ? '' : `at ${issue.path.join('.')}: `}${issue.message}`).join('; ');
  scope.report(at, `${what}: ${text}`);
}

/** The model of a node. What is upstream of it sees the context around the document's nodes, whatever the node's own params make of it. */
export function wireModelNode(scope: Scope, wiring: Wiring, work: Work, definition: Definition): Wire {
  const fields = contextFieldsOf(definition);
  const rewrites: Record<string, unknown> = {};
  const needs: ReadonlySet<string>[] = [];
  const changed = new Set<string>();
  const give = (name: string, supply: Supply): void => {
    rewrites[name] = supply.value;
    needs.push(supply.needs);
  };
  for (const { name } of fields.values()) {
    const value = work.values.get(name);
    const input = scope.input(name);
    if (value !== undefined && regularInput(definition, name) === undefined) {
      give(name, wiring.supply(value));
      changed.add(name);
    } else if (value === undefined && input?.kind === 'input') {
      const supply = wiring.handedOn(name, input.declaration);
      if (supply === undefined) needs.push(new Set([name]));
      else give(name, supply);
    }
  }

  /** A branch that reads a field which this node's own wrapper changes is computed outside of the wrapper, and carried in by a field of its own. */
  const carry = (wire: Wire, expression: Expression): CallableModel => {
    if (![...wire.needs].some((name) => changed.has(name))) {
      needs.push(wire.needs);
      return wire.model;
    }
    const carrier = `#${Object.keys(rewrites).length}`;
    give(carrier, { value: computedFrom(wire.model), needs: wire.needs });
    return rewritten(called(textOf(expression), handOn()), { value: readFrom(carrier, z.unknown()) });
  };

  const bindings: Record<string, unknown> = {};
  for (const [name, value] of work.values) {
    const input = regularInput(definition, name);
    if (input === undefined) continue;
    if (value.kind === 'literal') bindings[name] = value.value;
    else if (input.role === 'dependency') bindings[name] = wiring.containerOf(value, carry);
    else if (input.role === 'model') bindings[name] = wiring.wireOf(value).model;
    else bindings[name] = carry(wiring.wireOf(value), value);
  }
  const model = setLabel(modelOf(evaluated(definition, work.node), bindings), work.node.id);
  if (Object.keys(rewrites).length === 0) return { model, needs: unionOf(needs) };
  return { model: rewritten(model, rewrites), needs: unionOf(needs), isWrapper: true };
}

/** What a node declares about its attempts; the timeout is per attempt. */
export function evaluatorsOf({ retry: given, timeout: limit }: NodeDeclaration): Evaluator[] {
  const { attempts, delay, backoff, max_delay: maxDelay } = given ?? { attempts: 1 };
  const options = { attempts, ...(delay !== undefined && { delay }), ...(backoff !== undefined && { backoff }), ...(maxDelay !== undefined && { maxDelay }) };
  return [...(given === undefined ? [] : [retry(options)]), ...(limit === undefined ? [] : [timeout(limit)])];
}

/** The definition with the node's own evaluators around it. */
function evaluated(definition: Definition, node: NodeDeclaration): Definition {
  const evaluators = evaluatorsOf(node);
  if (evaluators.length === 0) return definition;
  return { ...definition, isRegular: false, evaluator: compose(...evaluators, ...(definition.evaluator === undefined ? [] : [definition.evaluator as Evaluator])) };
}

/** Whether a node reads an optional field of the context that nobody gives it. */
export const readsMore = (scope: Scope, work: Work, definition: Definition): boolean => definition.contextFields.some(({ name }) => !work.values.has(name) && scope.input(name) === undefined);
