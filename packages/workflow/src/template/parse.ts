/** Templates, read once: text and references in turn. What a run fills in is never read again. */
import { FORBIDDEN } from '../document/schema.ts';

/** `${name.a[0]}`: a root name and the way from its value. */
export interface Reference {
  readonly name: string;
  readonly path: readonly (string | number)[];
  /** As it stands in the document. */
  readonly text: string;
}

/** Text and references in turn; `['', reference]` does not occur: a lone reference is one part. */
export type Template = readonly (string | Reference)[];

export interface TemplateOptions {
  /** Whether `$name` is a reference too: in mappings it is. */
  readonly bare: boolean;
  /** Whether `{ $ref: '/path' }` is a registered instance. Default false: data. */
  readonly instances?: boolean;
}

const NAME = /[A-Za-z_][\w-]*/y;
/** Without braces a name does not end in a hyphen: `$from-$to` are two. */
const BARE_NAME = /[A-Za-z_](?:[\w-]*\w)?/y;
const INDEX = /\[(0|[1-9]\d*)\]/y;

/** Reads a text. What is malformed is reported and left out. */
export function parseTemplate(text: string, { bare }: TemplateOptions, report: (problem: string) => void): Template {
  const parts: (string | Reference)[] = [];
  let literal = '';
  let position = 0;
  const take = (reference: Reference): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(reference);
  };
  while (position < text.length) {
    const dollar = text.indexOf('$', position);
    if (dollar < 0) break;
    literal += text.slice(position, dollar);
    const next = text[dollar + 1];
    if (next === '$') {
      literal += '$';
      position = dollar + 2;
    } else if (next === '{') {
      const read = braced(text, dollar, report);
      if (read.reference !== undefined) take(read.reference);
      position = read.end;
    } else {
      const read = bare ? path(text, dollar + 1, BARE_NAME) : undefined;
      if (read === undefined) {
        literal += '$';
        position = dollar + 1;
      } else {
        checkNames(read, report);
        take({ name: read.name, path: read.path, text: text.slice(dollar, read.end) });
        position = read.end;
      }
    }
  }
  literal += text.slice(position);
  if (literal !== '') parts.push(literal);
  if (isTernary(parts)) report(`${shown(text)} looks like a choice ('a ? b : c'), and templates do not choose. ${CHOOSE}`);
  return parts;
}

const CHOOSE = "Write a small model that chooses, flowModel({ name: 'choose', … }), make it a node, and refer to that node.";

interface Read {
  readonly name: string;
  readonly path: readonly (string | number)[];
  readonly end: number;
}

function braced(text: string, dollar: number, report: (problem: string) => void): { readonly reference?: Reference; readonly end: number } {
  const read = path(text, dollar + 2, NAME);
  if (read !== undefined && text[read.end] === '}') {
    checkNames(read, report);
    const end = read.end + 1;
    return { reference: { name: read.name, path: read.path, text: text.slice(dollar, end) }, end };
  }
  const close = text.indexOf('}', dollar);
  const end = close < 0 ? text.length : close + 1;
  report(problemOf(text.slice(dollar, end), close >= 0));
  return { end };
}

function problemOf(template: string, isClosed: boolean): string {
  if (!isClosed) return `${shown(template)} is not closed. Close it with '}', or write '$\${' for the text '\${'.`;
  if (template.includes('?')) return `${shown(template)} is a choice, and templates do not choose. ${CHOOSE}`;
  if (template.lastIndexOf('${') > 0) return `${shown(template)} has a template inside. An index is a number: \${list[0]}. Make a node that looks the value up.`;
  return `${shown(template)} is not a template. Write \${name}, \${name.field} or \${name.list[0].field}: names begin with a letter or an underscore; or '$\${' for the text '\${'.`;
}

/** A name and what follows it, as far as it is well formed. */
function path(text: string, start: number, name: RegExp): Read | undefined {
  const first = matchAt(name, text, start);
  if (first === undefined) return undefined;
  const found: (string | number)[] = [];
  let end = start + first.length;
  for (;;) {
    const field = text[end] === '.' ? matchAt(name, text, end + 1) : undefined;
    const index = text[end] === '[' ? matchAt(INDEX, text, end) : undefined;
    if (field !== undefined) found.push(field);
    else if (index !== undefined) found.push(Number(index.slice(1, -1)));
    else return { name: first, path: found, end };
    end += field === undefined ? index!.length : field.length + 1;
  }
}

function matchAt(pattern: RegExp, text: string, start: number): string | undefined {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0];
}

function checkNames({ name, path }: Read, report: (problem: string) => void): void {
  for (const part of [name, ...path]) if (typeof part === 'string' && FORBIDDEN.has(part)) report(`'${part}' cannot be looked up.`);
}

/** `$debug ? 'a' : 'b'`: a reference, a question mark and a colon between blanks. */
function isTernary(parts: Template): boolean {
  if (typeof parts[0] !== 'object') return false;
  const rest = parts.slice(1).map((part) => (typeof part === 'string' ? part : '$')).join('');
  return /^\s*\?\s*[^\s:][^]*\s:\s*\S/.test(rest);
}

const shown = (text: string): string => `'${text.length > 60 ? `${text.slice(0, 59)}…` : text}'`;
