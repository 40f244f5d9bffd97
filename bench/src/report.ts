/** What every question hands back, and how it becomes Markdown. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Outcome } from './measure.ts';
import { isTiming } from './measure.ts';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One figure that the project wants to reach. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export interface Section {
  readonly title: string;
  readonly intro: string;
  readonly tables: readonly Table[];
  readonly notes?: readonly string[];
  readonly targets: readonly Target[];
}

const BEGIN = '<!-- bench: begin (written by npm run bench) -->';
const END = '<!-- bench: end -->';

export function page(sections: readonly Section[], note: string): string {
  const targets = sections.flatMap((section) => section.targets);
  const parts = [
    `Measured on ${new Date().toISOString().slice(0, 10)} ${note}: ${machine()}.`,
    '### Targets',
    markdown({ head: ['what', 'wanted', 'measured', ''], rows: targets.map(({ what, wanted, measured, isMet }) => [what, wanted, measured, isMet ? 'met' : 'not met']) }),
    ...sections.flatMap(({ title, intro, tables, notes = [] }) => [`### ${title}`, intro, ...tables.map(markdown), ...notes]),
  ];
  return parts.join('\n\n');
}

/** The page with its generated part replaced. */
export function replaced(document: string, generated: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`Expected '${BEGIN}' and '${END}' in docs/performance.md`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${generated}\n\n${document.slice(end)}`;
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, ${process.platform} ${process.arch}, Node ${process.versions.node}, V8 ${process.versions.v8}`;
}

function markdown({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** Three digits that count. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return Math.round(value).toLocaleString('en-US');
  return magnitude >= 10 ? value.toFixed(1) : magnitude >= 0.995 ? value.toFixed(2) : value === 0 ? '0' : value.toPrecision(2);
}

export const times = (ratio: number): string => `${digits(ratio)}×`;

/** `12.3 (11.9–14.0)`. */
export const timed = (outcome: Outcome | undefined): string =>
  outcome === undefined ? '–' : isTiming(outcome) ? `${digits(outcome.median)} (${digits(outcome.min)}–${digits(outcome.max)})` : outcome.failed;

/** The same with how many times ours it is. */
export function timedBeside(outcome: Outcome | undefined, ours: Outcome | undefined): string {
  const text = timed(outcome);
  return outcome !== undefined && ours !== undefined && isTiming(outcome) && isTiming(ours) ? `${text} **${times(outcome.median / ours.median)}**` : text;
}
