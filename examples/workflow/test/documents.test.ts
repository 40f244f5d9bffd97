import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { graphOf, toMermaid } from '@flowmodel/core';
import type { FlowEvent } from '@flowmodel/core';
import { weatherFile } from '@flowmodel/example-weather/src/load.ts';
import { reportOn } from '@flowmodel/example-weather/src/report.ts';
import { checkWorkflow, compileWorkflowFile } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { scoresOf } from '../src/batch.ts';
import { documents } from '../src/documents.ts';
import { definitions } from '../src/models.ts';
import '../src/weather.ts';

const run = async (name: string, inputs: object) => (await compileWorkflowFile(documents(name), { definitions }).flow.compute(inputs)).value;

test('npm start runs the documents and prints their outputs', () => {
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@flowmodel/source', cli], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n').filter((line) => /^[a-z]+[/.]/.test(line)).map((line) => line.replace(/,.*/, ''))).toEqual([
    'parameters/simple.yaml', 'parameters/configuration.yaml', 'parameters/dynamic.yaml', 'parameters/batch.yaml', 'parameters/item.yaml', 'parameters/issues.json', 'rates.yaml', 'rates.yaml', 'weather/report.yaml',
  ]);
  expect(stdout).toContain("{ result: 'report.md as json' }");
});

test('every document is valid, and none has a warning', () => {
  const files = readdirSync(documents(''), { recursive: true, encoding: 'utf8' }).filter((file) => /\.(yaml|json)$/.test(file));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const options = { file: documents(file), ...(!file.startsWith('weather') && { definitions }) };
    expect({ file, ...checkWorkflow(readFileSync(documents(file), 'utf8'), options) }).toEqual({ file, issues: [], warnings: [] });
  }
});

describe('the four use cases of parameter passing', () => {
  test('1: simple parameters', async () => {
    expect(await run('parameters/simple.yaml', { input_file: 'a.md' })).toEqual({ result: 'a.md as json' });
  });

  test('2: configuration inheritance', async () => {
    expect(await run('parameters/configuration.yaml', { config: { api_base: 'https://x', timeout: 5 } })).toEqual({ request: 'GET https://x/items, 5 s, 3 retries' });
    expect(await run('parameters/configuration.yaml', { config: { api_base: 'https://x' } })).toEqual({ request: 'GET https://x/items, 30 s, 3 retries' });
  });

  test('3: parameters that depend on others', async () => {
    expect(await run('parameters/dynamic.yaml', { user_input: 'q', advanced_mode: true, search_filters: ['a'] })).toEqual({ found: "100 of 'q' with 1 filters" });
    expect(await run('parameters/dynamic.yaml', { user_input: 'q' })).toEqual({ found: "10 of 'q' with 0 filters" });
  });

  test('4: a workflow for each item', async () => {
    const items = [{ item_id: 'a', item_data: { n: 1 } }, { item_id: 'b', item_data: { n: 22 } }];
    expect((await scoresOf(items).flow.compute()).value).toEqual([{ id: 'a', score: { severity: 7 } }, { id: 'b', score: { severity: 8 } }]);
  });

  test('4: the same as a document, where one item fails', async () => {
    const good = { id: 'a', data: { n: 1 } };
    const bad = { id: 'b', data: 'not an object' };
    expect(await run('parameters/batch.yaml', { items: [good, bad] })).toEqual({ results: [{ id: 'a', score: { severity: 7 }, item: good }, null], failed: 1 });
  });

  test("the reference page's own document", async () => {
    const inputs = { repo: 'flowmodel', current_issue: 7, github: { access_token: 'hunter2' }, settings: { retry_count: 2 } };
    expect(await run('parameters/issues.json', inputs)).toEqual({ summary: 'Issue 7 in flowmodel (severity 16)' });
  });
});

describe('routing a failure', () => {
  test('the service answers', async () => {
    expect(await run('rates.yaml', { amount: 10, currency: 'EUR' })).toEqual({ price: 11, notice: null });
  });

  test('the service fails', async () => {
    expect(await run('rates.yaml', { amount: 10, currency: 'XXX' })).toEqual({ price: 10.5, notice: 'old rates: the rate service is down!' });
  });
});

/** How often each body ran. */
class Runs {
  readonly counts: Record<string, number> = {};
  readonly observer = (event: FlowEvent): void => {
    if (event.type === 'node:end' && event.status === 'computed') this.counts[event.model] = (this.counts[event.model] ?? 0) + 1;
  };
}

describe('the weather report as documents', () => {
  const model = compileWorkflowFile(documents('weather/report.yaml'));
  const cities = ['New York', 'Seattle'];

  test.each([
    ['2015-10-01', '2015-12-31'],
    ['2012-02-01', '2012-04-15'],
  ])('it is the report that the code makes: %s to %s', async (from, to) => {
    const [ofDocument, ofCode] = [new Runs(), new Runs()];
    const { value } = await model.flow.compute({ file: weatherFile, from, to }, { observer: ofDocument.observer });
    const byCode = await reportOn(cities).flow.compute({ startDate: new Date(from), endDate: new Date(to) }, { observer: ofCode.observer });
    expect(value['report']).toEqual(byCode.value);
    const { readText, ...bodies } = ofCode.counts; // the document reads the file by a model of its own
    expect(readText).toBe(1);
    expect(ofDocument.counts).toMatchObject(bodies);
  });

  test('one city after the other has its headline', async () => {
    const { value } = await model.flow.compute({ file: weatherFile, from: '2015-10-01', to: '2015-12-31' });
    expect(value['headline']).toMatch(/^New York: \d+ wet days; Seattle: \d+$/);
  });

  test('the nodes of its children are in the picture', () => {
    expect(toMermaid(graphOf(model, {}))).toContain('windowFigures');
  });
});
