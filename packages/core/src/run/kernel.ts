/**
 * Cells in bulk. A plan that runs again and again spends its time in one loop over plain cells: values in, checked by type, a record, the body, a
 * value out. Written once for all definitions, that loop calls every body from one place and makes records of every shape, which keeps V8 from
 * inlining either. So each definition gets the loop as a function of its own, the first time a plan of it runs again.
 *
 * Whatever is out of the ordinary (a value that fails the quick check, a result that is an object or a promise) is handed back to the general way.
 */
import { mayGenerateCode } from '../model/definition.ts';
import type { Body, Definition } from '../model/definition.ts';
import { Quick } from '../model/schema.ts';
import type { Plan } from '../plan/plan.ts';
import { indexOf, isSlot, isSpecial } from '../plan/plan.ts';

/** Runs the cells from `from` until one cannot be run here, or `to`; returns the first that was not. */
export type Kernel = (run: KernelRun, values: unknown[], slots: readonly unknown[], constants: readonly unknown[], offsets: readonly number[], ops: readonly number[], from: number, to: number) => number;

export interface KernelRun {
  /** Takes a result that is no plain value; true when the sweep has to stop. */
  finish(cell: number, result: unknown): boolean;
}

/** Consecutive cells of one definition that a kernel can run. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly kernel: Kernel;
}

const NONE: readonly Span[] = [];
const kernels = new WeakMap<Definition, Kernel>();
let made = 0;

/** The spans of a plan's eager cells. A plan's first run makes no kernels, but takes those that other plans have made. None where code may not be generated. */
export function spansOf(plan: Plan): readonly Span[] {
  if (plan.spans !== undefined) return plan.spans as readonly Span[]; // written here only
  const found = mayGenerateCode() ? find(plan, !plan.hasRun) : NONE;
  if (plan.hasRun) plan.spans = found;
  plan.hasRun = true;
  return found;
}

function find(plan: Plan, isFirst: boolean): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (let cell = 0; cell <= plan.eagerCells; cell++) {
    const definition = plan.models[from]?.definition;
    if (cell < plan.eagerCells && plan.models[cell]!.definition === definition && isPlain(plan, cell)) continue;
    if (cell > from && isPlain(plan, from) && (!isFirst || kernels.has(definition!))) spans.push({ from, to: cell, kernel: kernelOf(definition!) });
    from = cell;
  }
  return spans;
}

/** Whether a cell's body gets nothing but values that are there before it, and needs nobody to look at its result. */
function isPlain(plan: Plan, cell: number): boolean {
  const { definition } = plan.models[cell]!;
  if (definition.kind !== 'function' || definition.wantsRun || definition.output !== undefined) return false;
  if (definition.isRegular) return true;
  for (let i = plan.offsets[cell]!; i < plan.offsets[cell + 1]!; i++) {
    const op = plan.ops[i]!;
    if (isSpecial(op) || (isSlot(op) && plan.computedBelow[indexOf(op)]!.length > 0)) return false;
  }
  return true;
}

const CHECKS: Readonly<Record<Quick, (name: string) => string>> = {
  [Quick.none]: () => 'false',
  [Quick.anything]: () => 'true',
  [Quick.number]: (name) => `typeof ${name} === 'number' && ${name} - ${name} === 0`,
  [Quick.string]: (name) => `typeof ${name} === 'string'`,
  [Quick.boolean]: (name) => `typeof ${name} === 'boolean'`,
  [Quick.integer]: (name) => `Number.isSafeInteger(${name})`,
};

function kernelOf(definition: Definition): Kernel {
  let kernel = kernels.get(definition);
  if (kernel !== undefined) return kernel;
  const reads = definition.inputs.map(({ role }, i) => {
    if (role === 'context') return `const v${i} = slots[~ops[o + ${i}] >> 2];`;
    return `const p${i} = ops[o + ${i}], v${i} = p${i} >= 0 ? values[p${i}] : constants[~p${i} >> 2];
      if (p${i} >= 0 && !(${CHECKS[definition.quick[i]!](`v${i}`)})) return c;`;
  });
  const record = definition.inputs.map(({ name }, i) => `${JSON.stringify(name)}: v${i}`).join(', ');
  // V8 lets functions made of the same text learn together, and the body would no longer be the one that is called here: hence the number.
  const source = `/* ${made++} */ return (run, values, slots, constants, offsets, ops, from, to) => {
    for (let c = from; c < to; c++) {
      const o = offsets[c];
      ${reads.join('\n      ')}
      const result = body({ ${record} });
      if (typeof result === 'object' ? result === null : typeof result !== 'function') values[c] = result;
      else if (run.finish(c, result)) return c + 1;
    }
    return to;
  }`;
  // oxlint-disable-next-line no-implied-eval -- made of quoted input names and the text above only
  kernel = (new Function('body', source) as (body: Body) => Kernel)(definition.body);
  kernels.set(definition, kernel);
  return kernel;
}
