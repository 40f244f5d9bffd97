/** The parameters of a method, read from its source text: the only place where JavaScript keeps their names. */

export interface Parameter {
  /** `plain` has a name; `pattern` takes its value apart; `default` and `rest` are refused. */
  readonly kind: 'plain' | 'pattern' | 'default' | 'rest';
  readonly text: string;
}

export interface Parameters {
  readonly list: readonly Parameter[];
  /** A minifier has been at work: no blank in the head, and no name of more than two letters. */
  readonly looksMinified: boolean;
}

/** Undefined where the text is not that of the method called `name`: native code, or a function that another decorator put in its place. */
export function parametersIn(source: string, name: PropertyKey): Parameters | undefined {
  const open = headLength(source, name);
  if (open === undefined) return undefined;
  const { list, end } = split(source, open);
  if (end === undefined || !/^\)\s*\{/.test(withoutComments(source.slice(end, end + 1000)))) return undefined;
  const head = source.slice(open, source.indexOf('{', end) + 1);
  const looksMinified = list.length > 0 && !/\s/.test(head) && list.every(({ kind, text }) => kind === 'plain' && text.length <= 2);
  return { list, looksMinified };
}

/** The length of `count(`, `async *count(`, `function count(`, `["count"](`. */
function headLength(source: string, name: PropertyKey): number | undefined {
  const head = /^(?:static\s+)?(?:async\s*(?=[\s*[]))?\s*(?:function\b)?\s*\*?\s*(?<key>\[[^\]]*\]+|"[^"]*"|'[^']*'|[\p{ID_Continue}$\u200C\u200D]+)\s*\(/u.exec(source);
  const key = head?.groups?.['key'];
  if (key === undefined) return undefined;
  const isComputed = key.startsWith('[');
  const isItsName = isComputed || key === name || (/^["']/.test(key) && key.slice(1, -1) === name);
  return isItsName ? head![0].length : undefined;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Parts at the commas of the outermost level, up to the closing parenthesis. Comments are dropped. */
function split(source: string, start: number): { list: Parameter[]; end: number | undefined } {
  const list: Parameter[] = [];
  const open: string[] = [];
  let part = '';
  let hasDefault = false;
  for (let i = start; i < source.length; i++) {
    const skipped = lengthOfText(source, i);
    if (skipped > 0) {
      if (!source.startsWith('/', i)) part += source.slice(i, i + skipped);
      i += skipped - 1;
      continue;
    }
    const char = source[i]!;
    if (open.length === 0 && (char === ',' || char === ')')) {
      if (part.trim() !== '') list.push(readParameter(part, hasDefault));
      if (char === ')') return { list, end: i };
      part = '';
      hasDefault = false;
      continue;
    }
    if (CLOSING[char] !== undefined) open.push(CLOSING[char]);
    else if (open.at(-1) === char) open.pop();
    else if (open.length === 0 && char === '=') hasDefault = true;
    part += char;
  }
  return { list, end: undefined };
}

/** Of the comment or string that starts here, in characters; 0 for neither. */
function lengthOfText(source: string, at: number): number {
  const text = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`/y;
  text.lastIndex = at;
  return text.exec(source)?.[0].length ?? 0;
}

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');

function readParameter(part: string, hasDefault: boolean): Parameter {
  const text = part.trim().replaceAll(/\s+/g, ' ');
  if (hasDefault) return { kind: 'default', text };
  if (text.startsWith('...')) return { kind: 'rest', text };
  return { kind: /^[[{]/.test(text) ? 'pattern' : 'plain', text };
}
