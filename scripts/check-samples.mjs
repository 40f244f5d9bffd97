// Type-checks every sample of the docs (scripts/samples.mjs says what that is) against the built packages, in one
// program, and runs each in a process of its own. Failures are reported at the line of the page they come from.
import { existsSync, globSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { exportsOf } from './exports.mjs';
import { root, run } from './run.mjs';
import { broken, samplesOfMarkdown, samplesOfSource } from './samples.mjs';

const folder = join(root, '.samples');
const timeout = 60_000;
const core = '@flowmodel/core';

const packages = globSync('packages/*/package.json', { cwd: root }).map((path) => {
  const { name } = JSON.parse(read(path));
  return { name, directory: dirname(path) };
});

const samples = [...(await markdownSamples()), ...(await sourceSamples())];
const of = (mode) => samples.filter((sample) => sample.mode === mode);
writeProgram([...of('run'), ...of('no-run')]);

const failures = [
  ...of('broken').map(({ file, line, problem }) => `${file}:${line}: ${problem}`),
  ...(await typeErrors()),
  ...(await runAll(of('run'))),
];
for (const failure of failures) console.log(`${failure}\n`);

for (const { file, line } of of('ignore')) console.log(`ignored: ${file}:${line}`);
console.log(
  `${samples.length} samples: ${of('run').length} run, ${of('no-run').length} only type-checked, ${of('ignore').length} ignored`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

async function markdownSamples() {
  const pages = globSync(['README.md', 'packages/*/README.md', 'docs/*.md'], { cwd: root }).toSorted();
  return pages.flatMap((file) => samplesOfMarkdown(file, read(file)).map(withFixture));
}

function withFixture(sample) {
  if (sample.fixture === undefined || sample.lines === undefined) return sample;
  const file = `docs/fixtures/${sample.fixture}.ts`;
  if (!existsSync(join(root, file))) return broken(sample.file, sample.line, `no fixture ${file}`);
  const fixture = read(file).split('\n').map((text, index) => ({ text, file, line: index + 1 }));
  return { ...sample, lines: [...fixture, ...sample.lines] };
}

/** A sample in a doc comment need not import what its own package and the core export, nor zod's z. */
async function sourceSamples() {
  const found = [];
  for (const { name, directory } of packages) {
    const files = globSync(`${directory}/src/**/*.ts`, { cwd: root }).toSorted();
    const withSamples = files.flatMap((file) => samplesOfSource(file, read(file)));
    for (const sample of withSamples) {
      found.push(sample.lines ? await withImports(sample, [...new Set([name, core])]) : sample);
    }
  }
  return found;
}

async function withImports(sample, names) {
  const text = sample.lines.map((line) => line.text).join('\n');
  const code = text.replace(/\/\/.*$/gm, '');
  const declarations =
    /\b(?:(?:const|let|var)\s+(\{[^}]*\}|\[[^\]]*\]|[\w$]+)|(?:function\*?|class|interface|type)\s+([\w$]+)|import\s+([^;]+?)\s+from)/g;
  const declared = new Set(
    [...code.matchAll(declarations)].flatMap(([, ...found]) => found.join(' ').match(/[\w$]+/g) ?? []),
  );
  const isUsed = (name) => !declared.has(name) && new RegExp(`(?<![.\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(code);
  const imports = [];
  for (const name of names) {
    if (code.includes(`'${name}'`)) continue;
    const { values, types } = await exportsOf(packages.find((each) => each.name === name)?.directory);
    const wanted = [...values.filter(isUsed), ...types.filter(isUsed).map((type) => `type ${type}`)];
    wanted.forEach((each) => declared.add(each.replace('type ', '')));
    if (wanted.length > 0) imports.push(`import { ${wanted.join(', ')} } from '${name}';`);
  }
  if (/(?<![.\w$])z\./.test(code) && !code.includes(`'zod'`)) imports.push(`import { z } from 'zod';`);
  const { file, line } = sample;
  return { ...sample, lines: [...imports.map((importLine) => ({ text: importLine, file, line })), ...sample.lines] };
}

/** Writes the samples where imports resolve as they do for a user who has installed every package. */
function writeProgram(written) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const { name, directory } of packages) {
    link(name, join(root, directory));
    const modules = join(root, directory, 'node_modules');
    for (const dependency of existsSync(modules) ? dependenciesIn(modules) : []) link(dependency, realpathSync(join(modules, dependency)));
  }
  for (const sample of written) {
    sample.path = join(folder, `${sample.file.replaceAll('/', '__').replaceAll(/[^\w]+/g, '-')}-${sample.line}.ts`);
    writeFileSync(sample.path, [...sample.lines.map(({ text }) => text), 'export {};', ''].join('\n'));
  }
  const compilerOptions = { noEmit: true, composite: false, incremental: false, skipLibCheck: false };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.base.json', compilerOptions, include: ['*.ts'] }),
  );
}

function dependenciesIn(modules) {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : name));
}

function link(name, target) {
  const path = join(folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(target, path, 'junction');
}

async function typeErrors() {
  if (samples.every(({ path }) => path === undefined)) return [];
  const { ok, output } = await run(['tsc', '-p', folder, '--pretty', 'false'], { capture: true });
  return ok ? [] : [atOrigin(output.trim())];
}

async function runAll(runnable) {
  const failed = [];
  const queue = [...runnable];
  const worker = async () => {
    for (let sample = queue.shift(); sample !== undefined; sample = queue.shift()) {
      const { ok, output } = await run(['node', sample.path], { capture: true, cwd: folder, timeout });
      if (!ok) failed.push(`${sample.file}:${sample.line}: the sample failed when run\n${atOrigin(output.trim())}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failed;
}

/** Turns places in generated files into places in the pages, in compiler output and in stack traces. */
function atOrigin(output) {
  const byName = new Map(samples.map((sample) => [sample.path && relative(folder, sample.path), sample]));
  const place = /(?:file:\/\/)?(?:[^\s:()]*\/)?(?<name>[\w-]+-\d+\.ts)(?:\((?<row>\d+),(?<column>\d+)\)|:(?<line>\d+))/g;
  return output.replaceAll(place, (text, ...rest) => {
    const { name, row, column, line } = rest.at(-1);
    const origin = byName.get(name)?.lines[Number(row ?? line) - 1];
    if (origin === undefined) return text;
    return `${origin.file}:${origin.line}${column === undefined ? '' : `:${column}`}`;
  });
}
