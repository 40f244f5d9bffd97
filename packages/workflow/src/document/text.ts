/** JSON and YAML text: the data, and where each part of it stands. Messages never repeat the text: it may be a file that is no document. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair, YAMLError } from 'yaml';
import type { Path } from './data.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface TextProblem extends Partial<Position> {
  readonly message: string;
}

export interface Parsed {
  readonly data: unknown;
  readonly problems: readonly TextProblem[];
  /** Where a part of the data stands, or else the nearest part around it. */
  readonly locate: (path: Path) => Position | undefined;
}

export type TextFormat = 'json' | 'yaml';

/** One slip makes many. */
const MOST_PROBLEMS = 5;

/** YAML covers JSON; text that has to be JSON is read by JSON's rules. */
export function parseText(text: string, format: TextFormat): Parsed {
  const lines = new LineCounter();
  const nowhere = (problem: TextProblem): Parsed => ({ data: undefined, problems: [problem], locate: () => undefined });
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  } catch {
    return nowhere({ message: 'it is nested too deeply' }); // the parser ran out of stack
  }
  const locate = (path: Path): Position | undefined => positionOf(document, lines, path);
  const problemOf = ({ code, pos }: YAMLError): TextProblem => ({ ...at(lines, pos[0]), message: WORDS[code] ?? 'it is malformed' });
  const errors = [...document.errors, ...document.warnings];
  if (format === 'json') {
    const read = readJson(text);
    const repeated = errors.filter(({ code }) => code === 'DUPLICATE_KEY').map(problemOf);
    if ('data' in read) return { data: read.data, problems: repeated, locate };
    return nowhere({ message: 'it is not valid JSON', ...at(lines, read.offset ?? errors[0]?.pos[0] ?? 0) });
  }
  if (errors.length > 0) return { data: undefined, problems: errors.slice(0, MOST_PROBLEMS).map(problemOf), locate };
  try {
    const lost = lostAliases(document);
    if (lost.length > 0) return { data: undefined, problems: lost.map((offset) => ({ message: WORDS['BAD_ALIAS']!, ...at(lines, offset) })), locate };
    return { data: document.toJS({ maxAliasCount: 100 }), problems: [], locate };
  } catch {
    return nowhere({ message: 'its aliases expand to too much' });
  }
}

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
function positionOf(document: Document.Parsed, lines: LineCounter, path: Path): Position | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    const next: unknown = isMap(node) ? pairOf(node.items, part) : isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
    if (next === undefined) break;
    const isPair = isMap(node);
    offset = (isPair ? (startOf((next as Pair).value) ?? startOf((next as Pair).key)) : startOf(next)) ?? offset;
    node = isPair ? (next as Pair).value : next;
  }
  return offset === undefined ? undefined : at(lines, offset);
}

const pairOf = (items: readonly Pair[], key: string | number): Pair | undefined => items.find((pair) => isScalar(pair.key) && pair.key.value === key);

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];
