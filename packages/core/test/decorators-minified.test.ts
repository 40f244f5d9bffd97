// Contract §1.2: names of classes and parameters in builds that real minifiers made.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bundled, openWorkspace } from './decorators/toolchains.ts';
import type { Workspace } from './decorators/toolchains.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts a process

const external = ['@flowmodel/core', 'zod', 'reflect-metadata'];
const builds = {
  rolldown: (input: string) => bundled(input, true),
  esbuild: async (input: string) => (await esbuild.build({ entryPoints: [input], bundle: true, write: false, format: 'esm', platform: 'node', target: 'es2022', minify: true, external })).outputFiles[0]!.text,
};
type Tool = keyof typeof builds;

let workspace: Workspace;
beforeAll(() => (workspace = openWorkspace()));
afterAll(() => workspace.close());

/** The last line that the minified program prints. */
async function run(tool: Tool, body: string): Promise<unknown> {
  const name = `minified-${tool}-${Math.trunc(performance.now() * 1000)}`;
  const input = join(workspace.folder, 'legacy', `${name}.ts`);
  writeFileSync(
    input,
    `import 'reflect-metadata';
import { z } from 'zod';
import { flowModel, FromContext, Input, modelsOf } from '@flowmodel/core';
import type { Inputs } from '@flowmodel/core';
function attempt(act: () => unknown): unknown {
  try { return act(); } catch (error) { return { code: (error as { code: string }).code, message: (error as Error).message }; }
}
${body}`,
  );
  const code = await builds[tool](input);
  expect(code.split('\n').length).toBeLessThan(15); // it is minified
  const output = join(workspace.folder, 'legacy', `${name}.js`);
  writeFileSync(output, code);
  return JSON.parse((await workspace.node(output)).trim().split('\n').at(-1)!) as unknown;
}

describe.each(Object.keys(builds) as Tool[])('minified by %s', (tool) => {
  const method = (options: string) => `class Visitors {
    @flowModel(${options})
    static count(@Input(z.string()) place: string, @FromContext(z.number()) days: number): number {
      return place.length * days;
    }
  }`;

  test('shortened names of positional parameters are DEFINITION, which says to give params and name', async () => {
    const error = await run(tool, `${method('')}\nconsole.log(JSON.stringify(attempt(() => modelsOf(Visitors))));`);
    expect(error).toMatchObject({ code: 'DEFINITION', message: expect.stringMatching(/\.count: .*minifier.*params: \['…', '…'\].*name: '…'/) as string });
  });

  test('with params and name it runs', async () => {
    const result = await run(
      tool,
      `${method("{ name: 'count', params: ['place', 'days'] }")}
      const model = modelsOf(Visitors).count({ place: 'zoo' });
      console.log(JSON.stringify([String(model), model.flow.computeSync({ days: 2 }).value]));`,
    );
    expect(result).toEqual(['count({ place: "zoo" })', 6]);
  });

  test('params are checked there too: a JavaScript default is found in the text', async () => {
    const error = await run(
      tool,
      `class Visitors {
        @flowModel({ name: 'count', params: ['days'] })
        static count(@Input(z.number()) days: number = 30): number { return days; }
      }
      console.log(JSON.stringify(attempt(() => modelsOf(Visitors))));`,
    );
    expect(error).toMatchObject({ code: 'DEFINITION', message: expect.stringContaining('@Input(schema.default(…))') as string });
  });

  test('the object form needs a name only, since the class has lost its own', async () => {
    const result = await run(
      tool,
      `const inputs = { place: z.string(), days: FromContext(z.number()) };
      class Visitors {
        @flowModel({ inputs, name: 'count' })
        static count({ place, days }: Inputs<typeof inputs>): number { return place.length * days; }
        @flowModel({ inputs })
        static unnamed({ place }: Inputs<typeof inputs>): string { return place; }
      }
      const { count, unnamed } = modelsOf(Visitors);
      console.log(JSON.stringify([String(count({ place: 'zoo' })), count({ place: 'zoo' }).flow.computeSync({ days: 2 }).value, String(unnamed())]));`,
    );
    expect(result).toEqual(['count({ place: "zoo" })', 6, expect.not.stringContaining('Visitors') as string]);
    expect((result as string[])[2]).toMatch(/\.unnamed\(\)$/);
  });
});
