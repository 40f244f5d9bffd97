import { isDeepStrictEqual } from 'node:util';
import { checkWorkflow } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { models } from './models.ts';

/* ---------- a slow, obvious interpreter ---------- */

const PATH = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\[(0|[1-9]\d*)\])*$/;
const BARE_PATH = /^[A-Za-z_]([\w-]*\w)?(\.[A-Za-z_]([\w-]*\w)?|\[(0|[1-9]\d*)\])*$/;
const MALFORMED = 'malformed';
const MISSING = 'missing';

type Data = Readonly<Record<string, unknown>>;

function interpret(text: string, data: Data, bare: boolean): { readonly value: unknown } | typeof MALFORMED | typeof MISSING {
  const pieces: { readonly value: unknown; readonly isReference: boolean }[] = [];
  let i = 0;
  let isMalformed = false;
  let isMissing = false;
  const add = (path: string): void => {
    if (/(^|[.])(__proto__|constructor|prototype)(?![\w-])/.test(path)) isMalformed = true;
    const found = follow(path, data);
    if (found === MISSING) isMissing = true;
    pieces.push({ value: found, isReference: true });
  };
  while (i < text.length) {
    if (text.startsWith('$$', i)) {
      pieces.push({ value: '$', isReference: false });
      i += 2;
    } else if (text.startsWith('${', i)) {
      const end = text.indexOf('}', i);
      const path = text.slice(i + 2, end < 0 ? text.length : end);
      if (end < 0 || !PATH.test(path)) isMalformed = true;
      else add(path);
      i = end < 0 ? text.length : end + 1;
    } else {
      const path = text[i] === '$' && bare ? longestPath(text.slice(i + 1)) : '';
      if (path === '') pieces.push({ value: text[i], isReference: false });
      else add(path);
      i += path === '' ? 1 : path.length + 1;
    }
  }
  if (isMalformed) return MALFORMED;
  if (isMissing) return MISSING;
  if (pieces.length === 1 && pieces[0]!.isReference) return { value: pieces[0]!.value };
  return { value: pieces.map(({ value }) => inText(value)).join('') };
}

/** The bare form goes on as long as it can. Every length is tried: step by step, since `a.` is no path and `a.b` is one. */
function longestPath(text: string): string {
  for (let length = text.length; length > 0; length--) if (BARE_PATH.test(text.slice(0, length))) return text.slice(0, length);
  return '';
}

function follow(path: string, data: Data): unknown {
  let value: unknown = data;
  for (const part of path.match(/[A-Za-z_][\w-]*|\[\d+\]/g)!) {
    if (typeof value !== 'object' || value === null) return MISSING;
    if (part.startsWith('[')) {
      const index = Number(part.slice(1, -1));
      if (!Array.isArray(value) || index >= value.length) return MISSING;
      value = value[index];
    } else {
      if (Array.isArray(value) || !Object.keys(value).includes(part)) return MISSING;
      value = (value as Data)[part];
    }
  }
  return value;
}

const inText = (value: unknown): string => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

/* ---------- random templates and data ---------- */

/** The same cases every time; others by FLOWMODEL_SEED. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const NAMES = ['a', 'b', 'a-b', '_c', 'list', 'constructor', '__proto__', 'nope', 'toString'];
const BITS = ['$', '{', '}', '.', '[', ']', '0', '1', '-', ' ', 'x', '${', '$$', '${a}', '${b}', '$a', '$b.list', '${list[0]}', '\n', 'ü', "'", '"', '\\', ':'];
const SCALARS: readonly unknown[] = [0, 1, -2.5, true, false, null, '', 'text', '${a}', '$a $$ ${b.a}', '$&', '$1', '{"count":1}', '\u2028'];

function template(next: (below: number) => number): string {
  let text = '';
  for (let bits = 1 + next(6); bits > 0; bits--) {
    if (next(3) === 0) text += BITS[next(BITS.length)]!;
    else {
      let path = NAMES[next(NAMES.length)]!;
      for (let steps = next(4); steps > 0; steps--) path += next(3) === 0 ? `[${next(4)}]` : `.${NAMES[next(NAMES.length)]!}`;
      text += next(4) === 0 ? `$${path}` : `\${${path}}`;
    }
  }
  return text;
}

function value(next: (below: number) => number, depth: number): unknown {
  if (depth === 0 || next(4) === 0) return SCALARS[next(SCALARS.length)];
  if (next(3) === 0) return Array.from({ length: next(4) }, () => value(next, depth - 1));
  return Object.fromEntries(['a', 'b', 'a-b', '_c', 'list', 'toString'].filter(() => next(2) === 0).map((name) => [name, value(next, depth - 1)]));
}

const DEFAULT = '<default>';

async function compare(templates: readonly string[], data: Data, bare: boolean): Promise<Record<'malformed' | 'missing' | 'found', number>> {
  const { definitions, run } = models();
  const inputs = Object.fromEntries(Object.keys(data).map((name) => [name, { type: 'any' }]));
  const mapping = (chosen: readonly number[]) => Object.fromEntries(chosen.map((i) => [`v${i}`, { $value: templates[i], default: DEFAULT }]));
  const declared = (chosen: readonly number[]) => Object.fromEntries(chosen.map((i) => [`v${i}`, { type: 'any' }]));
  const outputs = (chosen: readonly number[], source: (name: string) => string) => Object.fromEntries(chosen.map((i) => [`v${i}`, { source: source(`v${i}`) }]));
  const document = (chosen: readonly number[]): object => {
    if (!bare) return { inputs, nodes: [{ id: 'node', type: 'echo', params: { value: mapping(chosen) } }], outputs: outputs(chosen, (name) => `\${node.${name}}`) };
    const child = { inputs: declared(chosen), nodes: [{ id: 'inner', type: 'echo', params: { value: 1 } }], outputs: outputs(chosen, (name) => `\${${name}}`) };
    return { inputs, nodes: [{ id: 'node', type: 'workflow', params: { workflow_ir: child, param_mapping: mapping(chosen) } }], outputs: outputs(chosen, (name) => `\${node.${name}}`) };
  };

  const all = templates.map((_, i) => i);
  const expected = templates.map((text) => interpret(text, data, bare));
  const refused = new Set(checkWorkflow(document(all), { definitions }).issues.flatMap(({ at }) => at.filter((part) => typeof part === 'string' && /^v\d+$/.test(part))));
  for (const i of all) if (refused.has(`v${i}`) !== (expected[i] === MALFORMED)) throw new Error(`${JSON.stringify(templates[i])} is ${refused.has(`v${i}`) ? 'refused' : 'accepted'}`);

  const chosen = all.filter((i) => expected[i] !== MALFORMED);
  const got = await run(document(chosen), data);
  for (const i of chosen) {
    const wanted = expected[i] === MISSING ? DEFAULT : (expected[i] as { readonly value: unknown }).value;
    // said by expect, decided by what is faster
    if (!isDeepStrictEqual(got[`v${i}`], wanted)) expect({ template: templates[i], value: got[`v${i}`] }).toEqual({ template: templates[i], value: wanted });
  }
  const missing = expected.filter((each) => each === MISSING).length;
  return { malformed: all.length - chosen.length, missing, found: chosen.length - missing };
}

describe('100,000 random templates come to what a slow, obvious interpreter says', () => {
  const seed = Number(process.env['FLOWMODEL_SEED'] ?? 20241121);
  test.each([
    ['in params', false, 70_000],
    ['in mappings', true, 30_000],
  ])('%s', { timeout: 300_000 }, async (_where, bare, count) => {
    const next = random(seed + (bare ? 1 : 0));
    const seen = { malformed: 0, missing: 0, found: 0 };
    for (let done = 0; done < count; done += 1000) {
      const data = Object.fromEntries(['a', 'b', 'a-b', '_c', 'list'].map((name) => [name, value(next, 4)]));
      const counts = await compare(Array.from({ length: 1000 }, () => template(next)), data, bare);
      for (const kind of ['malformed', 'missing', 'found'] as const) seen[kind] += counts[kind];
    }
    // each kind was met often enough to count
    expect(seen.malformed + seen.missing + seen.found).toBe(count);
    expect(Math.min(seen.malformed, seen.missing, seen.found)).toBeGreaterThan(count / 50);
  });
});
