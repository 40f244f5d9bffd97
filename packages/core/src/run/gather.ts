/** A cell's inputs: read, checked where they come from upstream, and put into the record that the body receives. */
import { FlowError, issueText, SECRET_TEXT, show } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import type { InputSpec } from '../model/definition.ts';
import { frozenCopy } from '../model/frozen.ts';
import { parseSync, passes } from '../model/schema.ts';
import type { Issue } from '../model/schema.ts';
import { indexOf, isConstant, isSlot } from '../plan/plan.ts';
import type { Operand } from '../plan/plan.ts';
import type { Activation } from './activation.ts';
import { fullPath, noteFailure } from './paths.ts';
import { cellProblem, Problem } from './problems.ts';

/** What gathering needs of the run. */
export interface GatherServices {
  readonly resources: Readonly<Record<string, unknown>> | undefined;
  thunk(act: Activation, cell: number, input: InputSpec, operand: Operand & { kind: 'lazy' }): unknown;
}

/** The first argument of a cell's body. Throws INVALID_RESULT, and what the check of a computed field has to say. */
export function gather(services: GatherServices, act: Activation, cell: number): unknown {
  const { plan, values } = act;
  const { ops } = plan;
  const model = plan.models[cell]!;
  const { definition } = model;
  const start = plan.offsets[cell]!;
  if (definition.kind === 'class') return definition.contextFields.length === 0 ? {} : filled(act, cell, indexOf(ops[start]!));
  const { inputs, quick } = definition;
  const count = inputs.length;
  const gathered = new Array<unknown>(count);
  for (let i = 0; i < count; i++) {
    const op = ops[start + i]!;
    if (op >= 0) {
      const value = values[op];
      gathered[i] = passes(quick[i]!, value) ? value : received(act, cell, inputs[i]!, value, op);
    } else if (isConstant(op)) {
      gathered[i] = plan.constants[indexOf(op)];
    } else {
      gathered[i] = isSlot(op) ? filled(act, cell, indexOf(op)) : special(services, act, cell, inputs[i]!, plan.operands[indexOf(op)]!);
    }
  }
  for (let i = start + count; i < plan.offsets[cell + 1]!; i++) if (isSlot(ops[i]!)) filled(act, cell, indexOf(ops[i]!));
  return definition.record(gathered);
}

function filled(act: Activation, cell: number, slot: number): unknown {
  const value = act.slot(slot);
  if (value instanceof Problem) throw cellProblem(act, cell, value);
  return value;
}

function special(services: GatherServices, act: Activation, cell: number, input: InputSpec, operand: Operand): unknown {
  switch (operand.kind) {
    case 'lazy':
      return services.thunk(act, cell, input, operand);
    case 'resource':
      return services.resources !== undefined && Object.hasOwn(services.resources, operand.name) ? services.resources[operand.name] : undefined;
    case 'container':
      return received(act, cell, input, operand.container.fill(act.values, operand.cells), operand);
    case 'after':
      return undefined;
  }
}

/** An upstream value, parsed by the input's schema. Throws INVALID_RESULT, naming both ends. */
export function received(act: Activation, cell: number, input: InputSpec, value: unknown, from: number | (Operand & { kind: 'container' })): unknown {
  if (input.schema!.matches?.(value) === true) return value;
  const consumer = labelOf(act.plan.models[cell]!.definition);
  const result = parseSync(input.schema!, value, () => `${consumer}, input '${input.name}'`);
  if (result.ok) return typeof result.value === 'object' && result.value !== value ? frozenCopy(result.value) : result.value;
  const { producer, label } = producerOf(act, input, from, result.issues);
  const producers = typeof from === 'number' ? [from] : from.cells;
  const isSecret = input.schema!.secret || producers.some((upstream) => act.plan.models[upstream]!.definition.output?.secret === true);
  const error = new FlowError(
    'INVALID_RESULT',
    `${consumer}, input '${label}': expected ${input.schema!.type}, but ${producer} yielded ${isSecret ? SECRET_TEXT : show(value)} (${issueText(result.issues)}). Change what ${producer} returns, or the input's schema.`,
    { path: [...fullPath(act, cell), label], details: { consumer, producer, input: label, value: isSecret ? undefined : value, issues: result.issues }, cause: result.error },
  );
  noteFailure(error, act, cell);
  throw error;
}

/** Which upstream model an issue is about: in a container, the one at the issue's path. */
function producerOf(act: Activation, input: InputSpec, from: number | (Operand & { kind: 'container' }), issues: readonly Issue[]): { readonly producer: string; readonly label: string } {
  const { models } = act.plan;
  if (typeof from === 'number') return { producer: labelOf(models[from]!.definition), label: input.name };
  const { leaves } = from.container;
  const found = leaves.findIndex((leaf) => issues.some((issue) => leaf.path.every((part, i) => issue.path[i] === part)));
  if (found >= 0) return { producer: labelOf(models[from.cells[found]!]!.definition), label: leaves[found]!.label };
  return { producer: from.cells.map((upstream) => labelOf(models[upstream]!.definition)).join(', '), label: input.name };
}

