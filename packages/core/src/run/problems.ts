/** The up-front check: everything that keeps a graph from running, told in one error. */
import { FlowError, issueText, joinPath, nearest, notePath, SECRET_TEXT, show } from '../errors.ts';
import type { Definition, InputSpec } from '../model/definition.ts';
import type { Issue, Validator } from '../model/schema.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { secretSlotsOf } from '../plan/secret-slots.ts';
import { slotInputs } from '../plan/slots.ts';
import type { Activation } from './activation.ts';
import { enterableCells } from './enterable.ts';
import type { TransformSlot } from './enterable.ts';
import { callerPath, pathTo } from './paths.ts';
import { EMPTY } from './states.ts';

interface MissingField {
  readonly kind: 'missing';
  readonly slot: number;
  readonly field: string;
  readonly type: string;
}
interface InvalidField {
  readonly kind: 'invalid';
  readonly slot: number;
  readonly field: string;
  readonly schema: Validator;
  readonly value: unknown;
  readonly issues: readonly Issue[];
}
interface Thrown {
  readonly kind: 'thrown';
  readonly error: unknown;
}

/** Stands in a slot that could not be filled; what is made from that slot passes it on. */
export class Problem {
  readonly what: readonly (MissingField | InvalidField | Thrown)[];

  constructor(...what: (MissingField | InvalidField | Thrown)[]) {
    this.what = what;
  }

  /** All the problems among some values, if there are any. */
  static among(values: readonly unknown[]): Problem | undefined {
    const found = values.filter((value) => value instanceof Problem);
    return found.length <= 1 ? found[0] : new Problem(...new Set(found.flatMap(({ what }) => what)));
  }
}

/** What a class model's context schema has against its fields. */
export function objectProblem(slot: number, owner: Definition, fields: Readonly<Record<string, unknown>>, issues: readonly Issue[]): Problem {
  const byField = new Map<string, Issue[]>();
  for (const issue of issues) {
    const field = String(issue.path[0] ?? '');
    byField.set(field, [...(byField.get(field) ?? []), issue]);
  }
  return new Problem(
    ...[...byField].map(([field, found]) => {
      const schema = owner.context!.fields[field] ?? owner.context!.schema;
      return field !== '' && fields[field] === undefined && !schema.optional
        ? ({ kind: 'missing', slot, field, type: schema.type } as const)
        : ({ kind: 'invalid', slot, field: field === '' ? owner.contextFields.map(({ name }) => name).join(', ') : field, schema, value: field === '' ? fields : fields[field], issues: found } as const);
    }),
  );
}

/** Whether anybody who reads what a slot is made from calls it a secret, or it is made from one. */
function isSecret(plan: Plan, id: number): boolean {
  const marks = secretSlotsOf(plan);
  return slotInputs(plan.slots[id]!).some((input) => marks[input] === 1);
}

/** The first code that applies, in this order. */
const ORDER = ['UNBOUND_INPUT', 'MISSING_CONTEXT', 'MISSING_RESOURCE', 'INVALID_CONTEXT'] as const;
type Code = (typeof ORDER)[number];

interface Finding {
  readonly code: Code;
  readonly field: string;
  readonly type: string;
  readonly paths: string[];
  /** Stands in a branch that cannot be entered, since one of its transforms lacks an input: told, but not what decides the code. */
  readonly isBlocked?: boolean;
  readonly value?: unknown;
  readonly text?: string;
}

/**
 * Checks some cells of an activation: all eager ones at the start of a run (undefined), a lazy branch when it is called for. `slots` are theirs.
 * Throws one FlowError for all that is missing or invalid, or else what a transform threw.
 */
export function checkContract(act: Activation, cells: readonly number[] | undefined, slots: readonly number[], resources: Readonly<Record<string, unknown>> | undefined, stubbed: (cell: number) => boolean): void {
  const { plan } = act;
  let thrown: Thrown | undefined;
  let bad = false;
  for (const slot of slots) {
    const value = act.slot(slot);
    if (!(value instanceof Problem)) continue;
    for (const what of value.what) {
      if (what.kind === 'thrown') thrown ??= what;
      else bad = true;
    }
  }
  if (!bad && thrown === undefined && plan.unbound.length === 0 && !plan.usesResources) return;

  const findings = findingsIn(act, new Set(cells ?? Array.from({ length: plan.eagerCells }, (_, cell) => cell)), resources, stubbed);
  if (findings.length > 0) throw contractError(act, findings);
  if (thrown !== undefined) {
    notePath(thrown.error, () => [...callerPath(act), ...(pathTo(plan, plan.root) ?? [])]);
    throw thrown.error;
  }
}

/** Problems of one cell that arise while the run is under way: a computed field that does not fit. */
export function cellProblem(act: Activation, cell: number, problem: Problem): unknown {
  const thrown = problem.what.find((what) => what.kind === 'thrown');
  const findings = findingsIn(act, new Set([cell]), undefined, () => true);
  return findings.length > 0 || thrown === undefined ? contractError(act, findings) : thrown.error;
}

function findingsIn(act: Activation, cells: ReadonlySet<number>, resources: Readonly<Record<string, unknown>> | undefined, stubbed: (cell: number) => boolean): Finding[] {
  const { plan } = act;
  const findings = new Map<string, Finding>();
  const add = (key: string, cell: number, finding: () => Omit<Finding, 'paths'>): void => {
    let found = findings.get(key);
    if (found === undefined) findings.set(key, (found = { ...finding(), paths: [] }));
    const path = joinPath([...callerPath(act), ...(pathTo(plan, cell) ?? ['…'])]);
    if (found.paths.length < MOST_PATHS && !found.paths.includes(path)) found.paths.push(path);
  };
  const hindered: TransformSlot[] = [];
  for (const cell of cells) {
    for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
      const op = plan.ops[i]!;
      if (isSlot(op)) {
        for (const what of problemsBelow(act, indexOf(op), hindered)) addProblem(plan, add, cell, what);
      } else if (isSpecial(op)) {
        const operand = plan.operands[indexOf(op)]!;
        if (operand.kind === 'resource' && (resources === undefined || !Object.hasOwn(resources, operand.name) || resources[operand.name] === undefined) && !stubbed(cell)) add(`r${operand.name}`, cell, () => ({ code: 'MISSING_RESOURCE', field: operand.name, type: 'resource' }));
      }
    }
  }
  const unbound = plan.unbound.filter(({ cell }) => cells.has(cell));
  const enterable = unbound.length > 0 && hindered.length > 0 ? enterableCells(plan, hindered) : cells;
  for (const { cell, input } of unbound) add(`u${cell},${input.name}`, cell, () => ({ ...unboundFinding(input), isBlocked: !enterable.has(cell) }));
  return [...findings.values()];
}

/** The problems of a slot, or of what it is made from where it waits for a computed field; the transforms that they hinder join `hindered`. */
function problemsBelow(act: Activation, root: number, hindered: TransformSlot[]): readonly Problem['what'][number][] {
  const found = new Set<Problem['what'][number]>();
  const slots = new Set([root]);
  for (const id of slots) {
    const value = act.slots[id];
    const slot = act.plan.slots[id]!;
    if (value instanceof Problem) for (const what of value.what) found.add(what);
    if (slot.kind === 'transform' && slot.inputs.some((input) => isMissing(act.slots[input]))) hindered.push(slot);
    if (value instanceof Problem || value === EMPTY) for (const input of slotInputs(slot)) slots.add(input);
  }
  return [...found];
}

/** How many of the paths that need a field are told in details, and in the message. */
const MOST_PATHS = 100;
const SHOWN_PATHS = 5;

const isMissing = (value: unknown): boolean => value instanceof Problem && value.what.some((what) => what.kind === 'missing');

const unboundFinding = (input: InputSpec): Omit<Finding, 'paths'> => ({ code: 'UNBOUND_INPUT', field: input.name, type: input.schema?.type ?? 'unknown' });

function addProblem(plan: Plan, add: (key: string, cell: number, finding: () => Omit<Finding, 'paths'>) => void, cell: number, what: MissingField | InvalidField | Thrown): void {
  if (what.kind === 'missing') add(`m${what.field},${what.type}`, cell, () => ({ code: 'MISSING_CONTEXT', field: what.field, type: what.type }));
  else if (what.kind === 'invalid') {
    add(`i${what.field},${what.slot}`, cell, () => ({
      code: 'INVALID_CONTEXT',
      field: what.field,
      type: what.schema.type,
      value: isSecret(plan, what.slot) ? undefined : what.value,
      text: `got ${isSecret(plan, what.slot) ? SECRET_TEXT : show(what.value)}: ${issueText(what.issues)}`,
    }));
  }
}

const HEADINGS: Readonly<Record<Code, readonly [string, string]>> = {
  UNBOUND_INPUT: ['regular inputs are unbound', 'Bind them where the model is made; a context never fills them.'],
  MISSING_CONTEXT: ['context fields are missing', 'Pass them to compute, or rewrite them by withContext.'],
  MISSING_RESOURCE: ['resources are missing', 'Pass them as compute(context, { resources: { … } }) or configureFlow({ resources: { … } }).'],
  INVALID_CONTEXT: ['context fields are invalid', 'Pass values of these types.'],
};

/** What to do inside a body. */
const NESTED: Readonly<Partial<Record<Code, readonly [string, string]>>> = {
  MISSING_CONTEXT: ['context fields are missing', 'A nested evaluation sees the context that it is given: pass them by run.compute(model, { … }), or let the calling model declare them by FromContext. To an instance of a batch they come from its item, or from what the batch shares.'],
};

function contractError(act: Activation, findings: readonly Finding[]): FlowError {
  const { plan } = act;
  const root = [...callerPath(act), ...(pathTo(plan, plan.root) ?? [])];
  const codes = ORDER.filter((code) => findings.some((finding) => finding.code === code));
  const unused = Object.keys(act.context).filter((key) => !plan.slots.some((slot) => slot.kind === 'runtime' && slot.field === key));
  const sections = codes.map((code) => {
    const lines = findings.filter((finding) => finding.code === code).map((finding) => lineOf(finding, unused));
    const [heading, fix] = act.caller === undefined ? HEADINGS[code] : (NESTED[code] ?? HEADINGS[code]);
    return `${heading}:\n${lines.join('\n')}\n  ${fix}`;
  });
  const names = [...new Set(findings.map(({ field }) => `'${field}'`))];
  const code = codes.find((candidate) => findings.some((finding) => finding.code === candidate && finding.isBlocked !== true));
  const error = new FlowError(code ?? 'INVALID_CONTEXT', `${joinPath(root)} cannot run (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}): ${sections.join('\n')}`, {
    path: root,
    details: { findings: findings.map(({ code, field, type, paths, value }) => Object.freeze({ code, field, type, paths: Object.freeze(paths), ...(value !== undefined && { value }) })) },
  });
  notePath(error, () => root);
  return error;
}

function lineOf({ code, field, type, paths, text }: Finding, unused: readonly string[]): string {
  const needed = `${paths.slice(0, SHOWN_PATHS).join(', ')}${paths.length > SHOWN_PATHS ? `, and ${paths.length - SHOWN_PATHS} more` : ''}`;
  const close = code === 'MISSING_CONTEXT' ? nearest(field, unused) : undefined;
  const what = code === 'MISSING_RESOURCE' ? field : `${field}: ${type}`;
  return `  - ${what}${text === undefined ? '' : `, ${text}`} (needed by ${needed})${close === undefined ? '' : `. The context has '${close}': did you mean '${field}'?`}`;
}
