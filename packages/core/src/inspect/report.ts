/** The printed form of an inspection: tables with aligned columns, long values cut, one line per fact. */
import { asContainer, asModel, UNSET } from '../model/brand.ts';
import { labelOf, showFor } from '../model/definition.ts';
import { labelOn } from '../model/label.ts';
import type { Model } from '../model/model.ts';
import type { Validator } from '../model/schema.ts';
import type { CallableModel } from '../types.ts';
import { recordText, cut, modelText, nameText, oneLine, valueText, widthOf } from './text.ts';
import type { FlowInspection, InspectedInput, Requirement } from './types.ts';

/** Colours a text by one of Node's styles: `undefined` is grey there, `null` bold, `regexp` red, `special` cyan. */
export type Paint = (text: string, style: string) => string;
export const plain: Paint = (text) => text;

/** The longest that a cell of a table, and a line as a whole, may be. */
const WIDEST_CELL = 64;
const LONGEST_LINE = 120;
const MOST_ROWS = 60;
const MOST_DEPENDENCIES = 20;
const SHOWN_PATHS = 3;

/** `[FlowInspection of visitorDelta: needs startDate, endDate]` */
export function headline(inspection: FlowInspection): string {
  const needs = [...Object.keys(inspection.unboundInputs), ...Object.keys(inspection.graph.requiredInputs)];
  const what = needs.length === 0 ? 'complete' : `needs ${needs.slice(0, 5).map(nameText).join(', ')}${needs.length > 5 ? ', …' : ''}`;
  return `[FlowInspection of ${cut(oneLine(labelOf(modelOf(inspection.model).definition)), 60)}: ${oneLine(what)}]`;
}

/** `labels`: what the models at some paths are called. */
export function report(inspection: FlowInspection, paint: Paint, labels: ReadonlyMap<string, string>): string {
  const { contextInputs, runtimeInputs, requiredInputs, boundInputs, dependencies, graph, unboundInputs, resources, problems } = inspection;
  const sections = [
    paint(line(callText(inspection.model)), 'special'),
    section('inputs', inputRows(inspection.inputs), paint),
    facts(
      [
        ['context', fieldsText(contextInputs)],
        ['runtime', fieldsText(runtimeInputs)],
        ['required', fieldsText(requiredInputs)],
        ['bound', Object.keys(boundInputs).length === 0 ? '' : recordText(boundInputs)],
      ],
      paint,
    ),
    section('dependencies', dependencies.slice(0, MOST_DEPENDENCIES).map(dependencyRow), paint, dependencies.length - MOST_DEPENDENCIES),
    section('the graph still needs', needRows(graph.requiredInputs, labels), paint),
    section('lazy branches need, once asked for', needRows(graph.lazyInputs, labels), paint),
    section('unbound inputs', needRows(unboundInputs, labels), paint),
    section('resources to be supplied', needRows(resources, labels), paint),
    section('transforms without a value', problems.map(({ path, field, text }): Cell[] => [[field, 'name'], [text, 'regexp'], [`for ${cutMiddle(labels.get(path) ?? path)}`, 'undefined']]), paint),
  ];
  const isComplete = problems.length === 0 && [graph.requiredInputs, unboundInputs, resources].every((needs) => Object.keys(needs).length === 0);
  return [...sections, isComplete ? paint('the graph needs nothing more', 'string') : ''].filter((text) => text !== '').join('\n');
}

/** The class behind the interface. */
const modelOf = (model: CallableModel): Model => asModel(model)!;

/** A model as it would stand in source text, after its label; a label that says it all stands alone. */
function callText(callable: CallableModel): string {
  const model = modelOf(callable);
  const label = labelOn(model.base);
  if (label === undefined) return model.toString();
  if (label.whole) return modelText(model);
  const { definition, given } = model;
  const args = definition.inputs.filter(({ index }) => given[index] !== UNSET).map(({ name, index, schema }) => `${name}: ${argumentText(given[index], schema)}`);
  return `${modelText(model)}: ${labelOf(definition)}(${args.length === 0 ? '' : `{ ${args.join(', ')} }`})${model.rewrites === undefined ? '' : '.withContext(…)'}`;
}

function argumentText(value: unknown, schema: Validator | undefined): string {
  const container = asContainer(value);
  return container === undefined && asModel(value) === undefined ? showFor(schema, value) : valueText(container?.data ?? value);
}

/** A text and the style that it is painted in. */
type Cell = readonly [text: string, style: string];

function inputRows(inputs: Readonly<Record<string, InspectedInput>>): Cell[][] {
  return Object.entries(inputs).map(([name, input]) => [
    [nameText(name), 'name'],
    [input.kind === 'regular' ? '' : input.kind, 'undefined'],
    [input.type, 'undefined'],
    [shownValue(input), input.value === UNSET ? 'undefined' : typeof input.value === 'number' ? 'number' : 'string'],
    [sourceText(input), input.required || input.problem !== undefined ? 'regexp' : 'undefined'],
  ]);
}

const shownValue = ({ value }: InspectedInput): string => valueText(value);

function sourceText({ source, from, required, problem }: InspectedInput): string {
  if (problem !== undefined) return `${source}: ${from ?? ''} ${problem}`;
  const where = from === undefined ? source : `${source}: ${from}`;
  return required ? (source === 'unset' ? 'required, unset' : `required, from ${source}`) : where;
}

function dependencyRow({ path, model, context, lazy }: FlowInspection['dependencies'][number]): Cell[] {
  return [
    [path, 'name'],
    [`-> ${callText(model).replaceAll('.flow.withContext(', '.withContext(')}`, 'special'],
    [lazy ? 'lazy' : '', 'undefined'],
    [context === null ? '' : `context ${recordText(context)}`, 'undefined'],
  ];
}

const needRows = (needs: Readonly<Record<string, Requirement>>, labels: ReadonlyMap<string, string>): Cell[][] =>
  Object.entries(needs).map(([name, { type, neededBy, hidden }]) => {
    const paths = neededBy.slice(0, SHOWN_PATHS).map((path) => cutMiddle(labels.get(path) ?? path));
    const more = neededBy.length > SHOWN_PATHS ? `, and ${(neededBy.length - SHOWN_PATHS).toLocaleString('en')} more` : '';
    return [[nameText(name), 'name'], [type, 'undefined'], [`for ${paths.join(', ')}${more}${hidden === true ? ' (hidden by closedContext: rewrite or keep it)' : ''}`, 'undefined']];
  });

/** Of a long path, both ends tell the most. */
function cutMiddle(path: string): string {
  return path.length <= WIDEST_CELL ? path : `${path.slice(0, 20)}…${path.slice(-24)}`;
}

const fieldsText = (fields: Readonly<Record<string, string>>): string => Object.entries(fields).map(([name, type]) => `${nameText(name)}: ${type}`).join(', ');

const line = (text: string): string => cut(oneLine(text), LONGEST_LINE);

function facts(rows: readonly (readonly [string, string])[], paint: Paint): string {
  return rows.map(([title, text]) => `${paint(`${title}:`.padEnd(9), 'null')} ${text === '' ? paint('none', 'undefined') : line(text)}`).join('\n');
}

/** A titled table; nothing without rows. `others`: how many more there are than are shown. */
function section(title: string, rows: readonly (readonly Cell[])[], paint: Paint, others = rows.length - MOST_ROWS): string {
  if (rows.length === 0) return '';
  const shown = rows.slice(0, MOST_ROWS).map((row) => row.map(([text, style]): Cell => [oneLine(text), style]));
  const lastOf = (row: readonly Cell[]): number => row.findLastIndex(([text]) => text !== '');
  const cells = shown.map((row) => row.map(([text, style], i): Cell => [cut(text, i === lastOf(row) ? LONGEST_LINE : WIDEST_CELL), style]));
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => (i < lastOf(row) ? widthOf(row[i]![0]) : 0))));
  const lines = cells.map((row) => {
    const last = lastOf(row);
    const texts = row.slice(0, last + 1).map(([text, style], i) => {
      const gap = i === last ? '' : ' '.repeat(Math.max(0, widths[i]! - widthOf(text)) + (widths[i] === 0 ? 0 : 2));
      return `${text === '' ? '' : paint(text, style)}${gap}`;
    });
    return `  ${texts.join('')}`;
  });
  const more = others > 0 ? [`  … and ${others.toLocaleString('en')} more`] : [];
  return [paint(`${title}:`, 'null'), ...lines, ...more].join('\n');
}
