// The arrows between the folders of packages/core/src, one way: models are data, context reads models, plan reads both, run reads plan,
// the engine is put together from run and what hangs off it,
// and authoring hands it to definitions. Evaluators, cache, inspect and serialize hang off plan and run. To change an arrow, change a table below; the rules follow from it.

/** What each folder (or file beside them) may import, apart from itself. Nobody imports an entry. */
const mayImport = {
  types: [],
  errors: ['types'],
  assert: [],
  model: [],
  context: ['model'],
  engine: ['run', 'context', 'model', 'cache', 'inspect', 'serialize'],
  authoring: ['engine', 'run', 'model', 'context'],
  decorators: ['authoring'],
  plan: ['model', 'context'],
  run: ['plan', 'model', 'context'],
  evaluators: ['run', 'plan', 'model', 'context'],
  cache: ['run', 'plan', 'model', 'context', 'serialize'],
  inspect: ['run', 'plan', 'model', 'context', 'cache'],
  // The reading half makes models by name, as authoring does; the engine carries the writing half only.
  serialize: ['authoring', 'run', 'plan', 'model', 'context'],
  testing: ['run', 'model'], // an entry of its own
  otel: ['run'], // likewise
};
const forEveryone = ['types', 'errors', 'assert'];
const entries = ['index', 'contexts', 'extending'];

/** What a folder may import in addition by `import type`. */
const hangingOff = ['evaluators', 'cache', 'inspect', 'serialize', 'decorators'];
const spine = ['authoring', 'model', 'context', 'plan', 'run'];
const mayImportTypes = {
  types: Object.keys(mayImport),
  ...Object.fromEntries(spine.map((folder) => [folder, hangingOff])),
  decorators: ['model', 'run'], // what methods may return and receive
};

/** Interface files: a few lines without a run-time import of their own. The spine may import these, types or not. */
const interfaceFiles = `^packages/core/src/(${hangingOff.join('|')})/(types|interface)\\.ts$`;

/** Files of the core that may touch Node's own modules; the rest must run in a browser too. */
const nodeOnlyFiles = [];

const inCore = (names) => `^packages/core/src/(${names.join('|')})(/|\\.ts$)`;

const arrows = Object.entries(mayImport).flatMap(([name, allowed]) => {
  const reachable = [name, ...allowed, ...forEveryone];
  const from = { path: inCore([name]) };
  const elsewhere = { path: '^packages/core/src/', pathNot: [inCore(reachable), interfaceFiles] };
  const backwards = inCore([...reachable, ...(mayImportTypes[name] ?? [])]);
  return [
    {
      name: `${name}-imports`,
      comment: `${name} may import: ${[...allowed, ...forEveryone].join(', ')}`,
      severity: 'error',
      from,
      to: { ...elsewhere, dependencyTypesNot: ['type-only'] },
    },
    {
      name: `${name}-type-imports`,
      comment: `${name} may import types from: ${[...allowed, ...forEveryone, ...(mayImportTypes[name] ?? [])].join(', ')}`,
      severity: 'error',
      from,
      to: { path: '^packages/core/src/', pathNot: [backwards, interfaceFiles], dependencyTypes: ['type-only'] },
    },
  ];
});

const placed = inCore([...Object.keys(mayImport), ...entries]);

export default {
  forbidden: [
    ...arrows,
    {
      name: 'every-file-has-a-place',
      comment: 'A new folder of packages/core/src needs its row in mayImport',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: placed },
      to: {},
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'reflect-metadata-in-decorators-only',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: '^packages/core/src/decorators/' },
      to: { path: 'reflect-metadata' },
    },
    {
      name: 'core-runs-in-browsers',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: nodeOnlyFiles },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'packages-meet-by-name',
      comment: 'Import another package by its name, not by a path into its folder',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'sources-import-no-tests',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^packages/[^/]+/test/' },
    },
    {
      name: 'dependencies-are-declared',
      comment: 'Resolvable, and in the dependencies or peerDependencies of the package itself',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      // Packages of this workspace resolve to their sources; pnpm links only those that are declared.
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'], pathNot: '^packages/[^/]+/src/(index|extending)\\.ts$' },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '/node_modules/\\.'] },
    tsPreCompilationDeps: 'specify',
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@flowmodel/source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
};
