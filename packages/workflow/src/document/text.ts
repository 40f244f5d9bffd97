/** JSON and YAML text: the data, and where each part of it stands. Messages never repeat the text: it may be a file that is no document. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLError } from 'yaml';
import type { Path } from './data.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value, or else the key that it stands under. */
export type Part = 'value' | 'key';

/** Where a part of the data stands, or else the nearest part around it. */
export type Locate = (path: Path, part?: Part) => Position | undefined;

export interface TextProblem extends Partial<Position> {
  readonly message: string;
}

export interface Parsed {
  readonly data: unknown;
  readonly problems: readonly TextProblem[];
  /** Whether there is nothing, or nothing but comments. */
  readonly isEmpty: boolean;
  readonly locate: Locate;
}

export type TextFormat = 'json' | 'yaml';

/** One slip makes many. */
const MOST_PROBLEMS = 5;

/**
 * YAML covers JSON; text that has to be JSON is read by JSON's rules. `isOurs` tells by its outermost keys whether a text is meant for us, so that messages may
 * name its keys: it may be any file that a document refers to.
 */
export function parseText(text: string, format: TextFormat, isOurs: (topKeys: readonly unknown[]) => boolean): Parsed {
  const lines = new LineCounter();
  const refused = (...problems: TextProblem[]): Parsed => ({ data: undefined, problems, isEmpty: false, locate: () => undefined });
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  } catch {
    return refused({ message: 'it is nested too deeply' }); // the parser ran out of stack
  }
  const locate: Locate = (path, part = 'value') => positionOf(document, lines, path, part);
  const errors = [...document.errors, ...document.warnings];
  const repeated = new Map(repeatedKeys(document).map((each) => [startOf(each.key), each]));
  const problemOf = ({ code, pos: [offset] }: YAMLError): TextProblem => ({ ...at(lines, offset), message: code === 'DUPLICATE_KEY' ? repeatedText(repeated.get(offset), lines, isOurs(topKeys(document))) : (WORDS[code] ?? 'it is malformed') });
  if (isBlank(document) && errors.length === 0) return { data: null, problems: [], isEmpty: true, locate };
  if (format === 'json') {
    const read = readJson(text);
    if ('data' in read) return { data: read.data, problems: errors.filter(({ code }) => code === 'DUPLICATE_KEY').map(problemOf), isEmpty: false, locate };
    const offset = read.offset ?? errors[0]?.pos[0] ?? 0;
    return refused({ message: `it is not valid JSON: ${jsonProblem(text, offset)}`, ...at(lines, offset) });
  }
  if (errors.length > 0) return refused(...firstOfLines(errors.map(problemOf)).slice(0, MOST_PROBLEMS));
  try {
    const lost = lostAliases(document);
    if (lost.length > 0) return refused(...lost.map((offset) => ({ message: WORDS['BAD_ALIAS']!, ...at(lines, offset) })));
    return { data: document.toJS({ maxAliasCount: 100 }), problems: [], isEmpty: false, locate };
  } catch {
    return refused({ message: 'its aliases expand to too much' });
  }
}

const isBlank = ({ contents }: Document.Parsed): boolean => contents === null || (isScalar(contents) && contents.value === null && contents.source === '');

/** What follows on the same line is mostly the same slip. */
const firstOfLines = (problems: readonly TextProblem[]): TextProblem[] => problems.filter(({ line }, i) => problems.findIndex((each) => each.line === line) === i);

interface Repeated {
  readonly key: Scalar;
  readonly first: Scalar;
}

/** Keys that their map has already. */
function repeatedKeys(document: Document.Parsed): Repeated[] {
  const found: Repeated[] = [];
  visit(document, {
    Map: (_key, { items }) => {
      const known = new Map<unknown, Scalar>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const first = known.get(key.value);
        if (first === undefined) known.set(key.value, key);
        else found.push({ key, first });
      }
    },
  });
  return found;
}

function repeatedText(repeated: Repeated | undefined, lines: LineCounter, mayName: boolean): string {
  if (repeated === undefined) return WORDS['DUPLICATE_KEY']!;
  const { line, column } = at(lines, startOf(repeated.first) ?? 0);
  const { value } = repeated.key;
  const name = mayName && typeof value === 'string' && value.length <= LONGEST_NAME ? `the key '${value}'` : 'a key';
  return `${name} stands twice, first at ${line}:${column}; leave one out`;
}

const topKeys = ({ contents }: Document.Parsed): unknown[] => (isMap(contents) ? contents.items.map(({ key }) => (isScalar(key) ? key.value : undefined)) : []);

const LONGEST_NAME = 60;

/** Where aliases stand that name no anchor. */
function lostAliases(document: Document.Parsed): number[] {
  const lost: number[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) === undefined) lost.push(startOf(alias) ?? 0);
    },
  });
  return lost;
}

function readJson(text: string): { readonly data: unknown } | { readonly offset: number | undefined } {
  try {
    return { data: JSON.parse(text) };
  } catch (error) {
    const { message } = error as Error;
    const found = /at position (\d+)/.exec(message)?.[1]; // V8 says where in words, and not always
    return { offset: found !== undefined ? Number(found) : message.includes('end of JSON') ? text.length : undefined };
  }
}

/** What is wrong with JSON at an offset, as far as one character tells. */
function jsonProblem(text: string, offset: number): string {
  const before = text.slice(0, offset).trimEnd().at(-1);
  switch (text[offset]) {
    case undefined:
      return 'the text ends too early; a quote or a bracket is not closed';
    case '}':
    case ']':
      return before === ',' ? 'a comma stands before a closing bracket; leave it out' : 'a bracket closes here, and something else is due';
    case "'":
      return 'texts and keys stand in double quotes';
    case '/':
    case '#':
      return 'JSON has no comments; YAML has, in a file that ends in .yaml';
    default:
      return 'something else is due here: a comma, a colon, or a text in double quotes';
  }
}

const at = (lines: LineCounter, offset: number): Position => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
};

/** The messages of the parser quote the text; these do not. */
const WORDS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias has properties',
  BAD_ALIAS: 'an alias names no anchor',
  BAD_COLLECTION_TYPE: 'a tag does not fit its value',
  BAD_DIRECTIVE: 'a directive is malformed',
  BAD_DQ_ESCAPE: 'an escape in a quoted text is malformed',
  BAD_INDENT: 'the indentation does not fit',
  BAD_SCALAR_START: 'a plain text begins with a reserved character; quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a key has to stand on one line; is a colon or an indentation missing?',
  BLOCK_IN_FLOW: 'a block stands inside brackets; is a text with a colon or a question mark not quoted?',
  DUPLICATE_KEY: 'a key stands twice',
  KEY_OVER_1024_CHARS: 'a key is too long',
  MISSING_CHAR: 'a character is missing: a closing quote or bracket, a comma, or a space after a colon',
  MULTILINE_IMPLICIT_KEY: 'a key has to stand on one line; is a colon missing?',
  MULTIPLE_DOCS: 'it holds several documents; give one',
  NON_STRING_KEY: 'a key has to be a text',
  TAB_AS_INDENT: 'a tab is used for indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a tag is unknown',
  UNEXPECTED_TOKEN: "something stands here that does not belong; a template inside brackets has to be quoted: '${name}'",
};

/** Walks the parsed text along a path, as far as it goes. A missing key stands where its map does. */
function positionOf(document: Document.Parsed, lines: LineCounter, path: Path, part: Part): Position | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [i, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const pair: Pair | undefined = isMap(node) ? pairOf(node.items, step) : undefined;
    const next: unknown = pair !== undefined ? pair.value : isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
    if (pair === undefined && next === undefined) break;
    const isKey = part === 'key' && i === path.length - 1;
    offset = (isKey ? undefined : startOf(next)) ?? startOf(pair?.key) ?? offset;
    node = next;
  }
  return offset === undefined ? undefined : at(lines, offset);
}

const pairOf = (items: readonly Pair[], key: string | number): Pair | undefined => items.find((pair) => isScalar(pair.key) && pair.key.value === key);

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];
