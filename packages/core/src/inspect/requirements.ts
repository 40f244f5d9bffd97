/** What a whole graph still needs: context fields, regular inputs, resources, each with the paths of the models that need it. */
import { isSecretField } from '../model/definition.ts';
import { indexOf, isSpecial } from '../plan/plan.ts';
import type { Slot } from '../plan/slots.ts';
import type { Problem } from '../run/problems.ts';
import { problemText } from './fields.ts';
import { joinTypes } from './own-contract.ts';
import type { Survey } from './survey.ts';
import type { FlowInspection, InspectedProblem, Requirement } from './types.ts';

interface Need {
  readonly types: Set<string>;
  readonly neededBy: string[];
  isHidden: boolean;
}
type Needs = Map<string, Need>;

export function requirementsOf(survey: Survey, supplied: (resource: string) => boolean): Pick<FlowInspection, 'graph' | 'unboundInputs' | 'resources'> {
  const required: Needs = new Map();
  const lazy: Needs = new Map();
  const resources: Needs = new Map();
  const unbound: Needs = new Map();
  const unboundIn = new Map<number, { readonly name: string; readonly type: string }[]>();
  for (const { cell, input } of survey.plan.unbound) {
    const known = unboundIn.get(cell);
    const one = { name: input.name, type: input.schema?.type ?? 'unknown' };
    if (known === undefined) unboundIn.set(cell, [one]);
    else known.push(one);
  }
  for (const cell of survey.cells) {
    const reach = survey.reach.get(cell)!;
    if (reach === 'model') continue; // not part of this graph's contract
    for (const what of survey.problems(cell)) {
      if (what.kind !== 'missing' || (reach === 'lazy' && required.has(what.field))) continue;
      add(reach === 'lazy' ? lazy : required, what.field, what.type, survey.tell(cell)).isHidden ||= isHidden(survey, what);
    }
    for (const { name, type } of unboundIn.get(cell) ?? []) add(unbound, name, type, survey.tell(cell));
    for (const name of resourcesOf(survey, cell)) if (!supplied(name)) add(resources, name, 'resource', survey.tell(cell));
  }
  return {
    graph: Object.freeze({ requiredInputs: asRecord(required), lazyInputs: asRecord(lazy) }),
    unboundInputs: asRecord(unbound),
    resources: asRecord(resources),
  };
}

/** What transforms threw or did not accept; each once, where it is met first. */
export function problemsOf(survey: Survey): readonly InspectedProblem[] {
  const found: InspectedProblem[] = [];
  const told = new Set<unknown>();
  for (const cell of survey.cells) {
    survey.definition(cell).contextFields.forEach((field, k) => {
      const source = survey.source(cell, k);
      const { problem } = survey.known(source);
      if (problem === undefined || problem.what.every((what) => told.has(what))) return;
      for (const what of problem.what) told.add(what);
      const text = problemText(problem, survey.isSecret(source) || isSecretField(field));
      if (text !== undefined) found.push(Object.freeze({ path: survey.tell(cell), field: field.name, text }));
    });
  }
  return Object.freeze(found);
}

function add(needs: Needs, name: string, type: string, path: string): Need {
  let need = needs.get(name);
  if (need === undefined) needs.set(name, (need = { types: new Set(), neededBy: [], isHidden: false }));
  need.types.add(type);
  // Two inputs of one model may need the same: neighbours, since a model is looked at once.
  if (need.neededBy.at(-1) !== path) need.neededBy.push(path);
  return need;
}

/** Whether a closed context keeps callers from giving the field. */
function isHidden({ plan }: Survey, { slot: id, field }: Extract<Problem['what'][number], { readonly kind: 'missing' }>): boolean {
  const slot = plan.slots[id]!;
  const source =
    slot.kind === 'parse' ? slot.source
    : slot.kind === 'object' || slot.kind === 'check' ? slot.sources[slot.owner.contextFields.findIndex(({ name }) => name === field)]
    : undefined;
  return source !== undefined && plan.slots[belowPatches(plan.slots, source)]!.kind === 'absent';
}

function belowPatches(slots: readonly Slot[], source: number): number {
  let at = source;
  for (let slot = slots[at]!; slot.kind === 'pick'; slot = slots[at]!) at = slot.otherwise;
  return at;
}

function resourcesOf({ plan }: Survey, cell: number): string[] {
  const names: string[] = [];
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    const operand = isSpecial(op) ? plan.operands[indexOf(op)] : undefined;
    if (operand?.kind === 'resource') names.push(operand.name);
  }
  return names;
}

function asRecord(needs: Needs): Readonly<Record<string, Requirement>> {
  const record: Record<string, Requirement> = {};
  for (const [name, { types, neededBy, isHidden }] of needs) {
    const value = Object.freeze({ type: joinTypes(types), neededBy: Object.freeze(neededBy), ...(isHidden && { hidden: true as const }) });
    Object.defineProperty(record, name, { value, enumerable: true });
  }
  return Object.freeze(record);
}
