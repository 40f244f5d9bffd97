// Which tool runs which decorators: docs/decorators.md has the table, this test runs the tools. FLOWMODEL_UPDATE_DECORATORS=1 writes the table
// anew. What this machine lacks is skipped, or fails under FLOWMODEL_REQUIRE_SERVICES=1.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openWorkspace } from './decorators/toolchains.ts';
import type { Dialect, Printed, Program, Toolchain } from './decorators/toolchains.ts';

vi.setConfig({ testTimeout: 120_000 }); // each test starts four processes

const isRequired = process.env['FLOWMODEL_REQUIRE_SERVICES'] === '1';
const isUpdate = process.env['FLOWMODEL_UPDATE_DECORATORS'] === '1';
const page = new URL('../../../docs/decorators.md', import.meta.url);
const TABLE = /\| tool \|.*\n\|[-|]+\|\n((?:\|.*\n)*)/;
const HEAD = '| tool | version | legacy: object form | legacy: positional | legacy: positional, every schema given | standard: object form |\n|---|---|---|---|---|---|\n';

const columns: readonly (readonly [Program, Dialect])[] = [
  ['object-form', 'legacy'],
  ['positional-form', 'legacy'],
  ['explicit-schemas', 'legacy'],
  ['object-form', 'standard'],
];
/** What the programs print where all is well, worked out by hand: 2 days of 12 and 3 letters; 3 letters for 2 days and the fifth day. */
const expected: Readonly<Record<Program, Printed>> = {
  'object-form': { name: 'Visitors.count', values: [27, 27, 39, 243] },
  'positional-form': { name: 'Visitors.count', values: [11, 11, 14, '11 at attempt 1', 'BIND'] },
  'explicit-schemas': { name: 'Visitors.count', values: [6, 6] },
};

/** `yes`; `yes, needs name` where the class lost its own; else why not. */
async function cell(tool: Toolchain, program: Program, dialect: Dialect): Promise<string> {
  const outcome = await tool.run(program, dialect).catch((error: Error & { readonly stderr?: string }) => `${error.message}\n${error.stderr ?? ''}`);
  const line = outcome.split('\n').find((each) => each.startsWith('{"name":'));
  if (line === undefined) {
    const reason = /SyntaxError/.test(outcome) ? 'no: left as it is' : /design:paramtypes/.test(outcome) ? 'no: no types' : undefined;
    if (reason === undefined) throw new Error(outcome);
    return reason;
  }
  const printed = JSON.parse(line) as Printed;
  expect(printed.values).toEqual(expected[program].values);
  return printed.name === expected[program].name ? 'yes' : 'yes, needs `name`';
}

const workspace = openWorkspace();
afterAll(() => workspace.close());
const rows = new Map<string, string>();
const documented = new Map((TABLE.exec(readFileSync(page, 'utf8'))?.[1] ?? '').trim().split('\n').map((line) => line.split('|').slice(1, -1).map((text) => text.trim())).map(([name, , ...cells]) => [name, cells]));

describe('docs/decorators.md says what each tool runs', () => {
  test.for(workspace.toolchains)('$name', async (tool, { skip }) => {
    const version = await tool.version();
    if (version === undefined) {
      if (isRequired) throw new Error(`Expected ${tool.name} on this machine.`);
      return skip(`${tool.name} is not on this machine`);
    }
    const cells: string[] = [];
    for (const [program, dialect] of columns) cells.push(await cell(tool, program, dialect));
    rows.set(tool.name, `| ${[tool.name, version, ...cells].join(' | ')} |\n`);
    if (!isUpdate) expect(cells).toEqual(documented.get(tool.name));
  });

  test('and of no other tool', () => {
    if (isUpdate) writeFileSync(page, readFileSync(page, 'utf8').replace(TABLE, `${HEAD}${[...rows.values()].join('')}`));
    else expect([...documented.keys()]).toEqual(workspace.toolchains.map(({ name }) => name));
  });
});
