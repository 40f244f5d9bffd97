// Every behaviour of the catalogue has a test that carries its id in a title (`CC-WITH-16 …`, `CC-REG-22..26 …`),
// or a row `| CC-… | reason |` in docs/conformance.md, or is marked as Python's own or as replaced by a decision.
//
//   node scripts/conformance-ids.mjs                                     checks; part of npm test
//   node scripts/conformance-ids.mjs --update <catalogue.md> <decisions.md>   rewrites docs/conformance-ids.json
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { root } from './run.mjs';

const groups = ['AUTH', 'REG', 'DEP', 'PREC', 'CTX', 'COMP', 'WITH', 'XFORM', 'CTYPE', 'RES', 'LAZY', 'FCTX', 'CLS', 'INSP', 'SER', 'REGY', 'OPT', 'EVAL', 'RETRY', 'REP', 'DRY', 'KEY', 'ERR'];

const data = join(root, 'docs', 'conformance-ids.json');
const excuses = join(root, 'docs', 'conformance.md');
const read = (path) => readFileSync(path, 'utf8');

if (process.argv[2] === '--update') update(read(process.argv[3]), read(process.argv[4]));
else check();

function check() {
  const entries = JSON.parse(read(data));
  const known = new Set(entries.map(({ id }) => id));
  const tested = idsOfTests();
  const excused = existsSync(excuses) ? [...read(excuses).matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell]) => idsIn(cell)) : [];

  const missing = entries
    .filter(({ group, python, replacedBy }) => groups.includes(group) && !python && !replacedBy)
    .map(({ id }) => id)
    .filter((id) => !tested.has(id) && !excused.includes(id));
  const problems = [
    ...groups.flatMap((group) => {
      const ids = missing.filter((id) => id.startsWith(`CC-${group}-`));
      return ids.length > 0 ? `no test carries ${ids.join(', ')}` : [];
    }),
    ...excused.filter((id) => tested.has(id)).map((id) => `${id}: docs/conformance.md excuses it, but it has a test: ${tested.get(id)}`),
    ...excused.filter((id) => !known.has(id)).map((id) => `${id}: docs/conformance.md names it, the catalogue does not`),
    ...[...tested].filter(([id]) => !known.has(id)).map(([id, place]) => `${id}: ${place} names it, the catalogue does not`),
  ];
  for (const problem of problems) console.log(problem);
  const wanted = entries.filter(({ group }) => groups.includes(group));
  console.log(`${wanted.length} ids in ${groups.length} groups: ${wanted.filter(({ id }) => tested.has(id)).length} tested, ${missing.length} missing`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** The ids in the titles of it, test and describe, each with the place of one title. Skipped and planned tests do not count. */
function idsOfTests() {
  const found = new Map();
  for (const file of globSync('packages/*/test/**/*.ts', { cwd: root })) {
    const text = read(join(root, file));
    new Visitor({
      CallExpression({ callee, arguments: [title] }) {
        const words = wordsOf(callee);
        if (!['it', 'test', 'describe'].includes(words[0]) || words.includes('skip') || words.includes('todo')) return;
        if (title?.type !== 'TemplateLiteral' && typeof title?.value !== 'string') return;
        const place = `${file}:${text.slice(0, title.start).split('\n').length}`;
        for (const id of idsIn(text.slice(title.start, title.end))) found.set(id, place);
      },
    }).visit(parseSync(file, text).program);
  }
  return found;
}

/** `it.only.each(table)` → ['it', 'only', 'each'] */
function wordsOf(callee) {
  if (callee.type === 'Identifier') return [callee.name];
  if (callee.type === 'MemberExpression') return [...wordsOf(callee.object), callee.property.name];
  if (callee.type === 'CallExpression') return wordsOf(callee.callee);
  if (callee.type === 'TaggedTemplateExpression') return wordsOf(callee.tag);
  return [];
}

/** `CC-WITH-16, CC-REG-22..24` → ids. Decisions leave `CC-` out. */
function idsIn(text, prefix = 'CC-') {
  const pattern = new RegExp(`\\b${prefix}([A-Z]+)-(\\d+)(?:\\.\\.(?:${prefix}\\1-)?(\\d+))?`, 'g');
  return [...text.matchAll(pattern)].flatMap(([, group, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `CC-${group}-${String(Number(first) + i).padStart(2, '0')}`),
  );
}

function update(catalogue, decisions) {
  const replacedBy = {};
  for (const [, number, row] of decisions.matchAll(/^\|\s*(\d+)\s*\|(.*)$/gm)) {
    for (const [, brackets] of row.matchAll(/\[([^\]]*)\]/g)) {
      for (const id of idsIn(brackets, '')) (replacedBy[id] ??= []).push(Number(number));
    }
  }
  const entries = [...catalogue.matchAll(/^- \*\*CC-([A-Z]+)-(\d+)\*\*( \(P\))?/gm)].map(([, group, number, python]) => {
    const id = `CC-${group}-${number}`;
    return { id, group, python: python !== undefined, replacedBy: replacedBy[id] ?? null };
  });
  writeFileSync(data, `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`);
}
