// npm test [-- [--only step[,step]] [arguments of vitest]]
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installIfNeeded } from './install.mjs';
import { root, run } from './run.mjs';

const report = join(root, 'node_modules', '.cache', 'vitest.json');

/** In order. A step that needs the build gets it also when it is asked for alone. */
const steps = [
  { name: 'build', command: ['tsc', '-b'] },
  { name: 'lint', command: ['oxlint'] },
  { name: 'arrows', command: ['depcruise', 'packages'] },
  { name: 'packages', command: ['node', 'scripts/check-packages.mjs'], needsBuild: true },
  { name: 'samples', command: ['node', 'scripts/check-samples.mjs'], needsBuild: true },
  { name: 'conformance-ids', command: ['node', 'scripts/conformance-ids.mjs'] },
  {
    name: 'vitest',
    command: ['vitest', 'run', '--config', 'vitest.workspace.ts'],
    reporters: ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  },
];

const { only, vitestArgs } = readArguments(process.argv.slice(2));
const total = { passed: 0, failed: 0, skipped: 0 };
const failedSteps = [];

if (await installIfNeeded()) {
  for (const step of chosenSteps()) await runStep(step);
} else {
  console.log('install: failed');
  total.failed += 1;
}
if (failedSteps.length > 0) console.log(`\nFailed: ${failedSteps.join(', ')}. One step alone: npm test -- --only ${failedSteps[0]}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

function readArguments(args) {
  const { tokens } = parseArgs({ args, options: { only: { type: 'string' } }, strict: false, allowPositionals: true, tokens: true });
  const token = tokens.find((each) => each.kind === 'option' && each.name === 'only');
  if (token === undefined) return { vitestArgs: args };
  const names = (token.value ?? '').split(',');
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`Expected --only ${steps.map((step) => step.name).join('|')}, got '${unknown.join(',')}'`);
    process.exit(2);
  }
  return { only: names, vitestArgs: args.toSpliced(token.index, token.inlineValue ? 1 : 2) };
}

function chosenSteps() {
  if (only === undefined) return steps;
  const build = steps.some((step) => step.needsBuild && only.includes(step.name));
  return steps.filter((step) => only.includes(step.name) || (build && step.name === 'build'));
}

async function runStep({ name, command, reporters }) {
  console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
  const start = performance.now();
  if (reporters) rmSync(report, { force: true });
  const { ok } = await run(reporters ? [...command, ...reporters, ...vitestArgs] : command);
  const counts = reporters ? countTests(ok) : { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  for (const key of Object.keys(total)) total[key] += counts[key];
  if (counts.failed > 0) failedSteps.push(name);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name}: ${counts.failed === 0 ? 'passed' : 'failed'} in ${seconds} s`);
}

/** A file that does not load, or an error outside every test, is one failure each: it must not look like success. */
function countTests(ok) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: ok ? 0 : 1, skipped: 0 };
  }
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  const failed = result.numFailedTests + brokenFiles.length;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
