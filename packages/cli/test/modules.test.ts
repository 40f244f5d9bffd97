/** Which TypeScript loads without a build, and what is said of the rest. */
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { cli, command, Folder, flowmodel, modules } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

const head = "import { flowModel, FromContext, modelsOf } from '@flowmodel/core';\nimport { z } from 'zod';\n";
const folder = new Folder({
  'types.ts': `${head}interface Row { readonly n: number }\nconst row = { n: 5 } satisfies Row;\nexport type { Row };\nexport default flowModel({ name: 'typed', inputs: {} }, (): number => (row as Row).n)();`,
  'enum.ts': `${head}enum Level { low, high }\nexport default flowModel({ name: 'enum', inputs: {} }, () => Level.high)();`,
  'standard.ts': `${head}const inputs = {};\nclass Visitors {\n  @flowModel({ inputs })\n  static count(_: {}): number { return 7; }\n}\nexport const { count } = modelsOf(Visitors);\nexport { Visitors };`,
  'view.tsx': `export const view = <p>hello</p>;`,
  'ending.ts': `import { five } from './five.js';\nexport { five };`,
  'five.ts': 'export const five = 5;',
  'package.ts': "import '@example/not-installed';",
  'malformed.ts': 'export const = 5;',
  'malformed.mjs': 'export const = 5;',
  'link.ts': "import { six } from './five.ts';\nexport { six };",
  'notes.txt': 'five',
  'waits.ts': 'await new Promise(() => {});',
  'throws.ts': "throw new RangeError('no configuration');",
});
afterAll(() => folder.remove());
const run = (...args: readonly string[]) => flowmodel(['run', ...args], { cwd: folder.path });

describe('loads as it is', () => {
  test('types of all sorts', () => {
    expect(run('types.ts')).toEqual({ status: 0, stdout: '5\n', stderr: '' });
  });

  const old = join(cli, '..', 'core', 'node_modules', 'nodejs-22', 'bin', 'node');
  test.runIf(existsSync(old))('also on Node 22.18', () => {
    const { status, stdout } = spawnSync(old, [...command.slice(1), 'run', 'visitors.ts#current', 'startDate=2024-01-01', 'endDate=2024-01-31'], { cwd: modules, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '360\n' });
  });
});

describe('does not load: exit code 1, and what to do', () => {
  test.for([
    ['enum.ts', 'an enum, a namespace or a parameter property is more than types. Compile it, or let a loader do so: npm install -D tsx, then --import tsx.'],
    ['standard.ts', 'Node does not run decorators, should one stand there or in what it imports. Compile it'],
    ['view.tsx', 'Node does not run JSX.'],
    ['ending.ts', 'Node takes the names of imports as they stand: import the .ts file, with its ending.'],
    ['package.ts', "Install '@example/not-installed' in the project"],
    ['malformed.ts', 'It is not valid TypeScript.'],
    ['malformed.ts', 'malformed.ts:1\n  export const = 5;\n               ^\n  SyntaxError: '],
    ['malformed.mjs', 'To be shown the place: node '],
    ['link.ts', "link.ts:1\n  import { six } from './five.ts';\n           ^"],
    ['notes.txt', 'Give a module (.ts, .mts, .js, .mjs) or a document (.json, .yaml).'],
    ['waits.ts', 'error: loading waits.ts will never be done: a promise is waited for, and nothing is left that could settle it.\n'],
    ['throws.ts', 'does not load.\n  RangeError: no configuration'],
  ] as const)('%s', ([file, message]) => {
    const { status, stdout, stderr } = run(file);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(file);
  });
});

describe('--import brings a loader', () => {
  test.for([
    ['enum.ts', '1\n'],
    ['standard.ts#count', '7\n'],
    ['standard.ts#Visitors.count', '7\n'],
  ] as const)('tsx runs %s', ([target, value]) => {
    expect(run(target, '--import', 'tsx')).toEqual({ status: 0, stdout: value, stderr: '' });
  });

  test('a file that is not there is a mistake of the command line', () => {
    expect(run('types.ts', '--import', './nowhere.ts')).toEqual({ status: 2, stdout: '', stderr: "error: --import: there is no file './nowhere.ts'.\n" });
  });

  test('one that is not there is named', () => {
    expect(run('types.ts', '--import', '@example/loader')).toMatchObject({ status: 1, stderr: expect.stringContaining('@example/loader does not load.') });
  });
});

test('definitions are looked for in the core that the project has installed, which may be another copy than the command\'s', () => {
  const core = join(cli, '..', 'core');
  const project = new Folder({
    'definitions.ts': `${head}export const five = flowModel({ name: 'five', inputs: {} }, () => 5);`,
    'graph.json': JSON.stringify({ flowmodel: 1, root: 'five', nodes: { five: { model: 'five', inputs: {} } } }),
  });
  try {
    rmSync(join(project.path, 'node_modules'));
    mkdirSync(join(project.path, 'node_modules', '@flowmodel'), { recursive: true });
    mkdirSync(join(project.path, 'core'));
    for (const name of ['package.json', 'src']) cpSync(join(core, name), join(project.path, 'core', name), { recursive: true });
    symlinkSync(join(core, 'node_modules'), join(project.path, 'core', 'node_modules'));
    symlinkSync(join(project.path, 'core'), join(project.path, 'node_modules', '@flowmodel', 'core'));
    symlinkSync(realpathSync(join(cli, 'node_modules', 'zod')), join(project.path, 'node_modules', 'zod'));
    expect(flowmodel(['run', 'graph.json', '--import', './definitions.ts'], { cwd: project.path })).toEqual({ status: 0, stdout: '5\n', stderr: '' });
    expect(flowmodel(['run', 'definitions.ts#five'], { cwd: project.path })).toEqual({ status: 0, stdout: '5\n', stderr: '' });
  } finally {
    project.remove();
  }
});

describe('the program itself', () => {
  const bin = join(cli, 'bin', 'flowmodel.js');
  const args = ['run', join(modules, 'visitors.ts#current'), 'startDate=2024-01-01', 'endDate=2024-01-31'];

  test('runs from its sources where nothing is built', () => {
    const copy = new Folder();
    try {
      for (const name of ['bin', 'src']) spawnSync('cp', ['-r', join(cli, name), copy.path]);
      rmSync(join(copy.path, 'package.json'));
      symlinkSync(join(cli, 'package.json'), join(copy.path, 'package.json'));
      const { status, stdout } = spawnSync(process.execPath, [join(copy.path, 'bin', 'flowmodel.js'), ...args], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '360\n' });
    } finally {
      copy.remove();
    }
  });

  test.runIf(existsSync(join(cli, 'dist', 'bin.js')))('runs from what was built', () => {
    const { status, stdout } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '360\n' });
  });
});
