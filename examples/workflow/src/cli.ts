/** Runs every document once and prints its outputs. */
import { inspect } from 'node:util';
import { weatherFile } from '@flowmodel/example-weather/src/load.ts';
import { compileWorkflowFile } from '@flowmodel/workflow';
import { scoresOf } from './batch.ts';
import { documents } from './documents.ts';
import { definitions } from './models.ts';
import './weather.ts';

const print = (name: string, value: unknown): void => console.log(`${name}\n  ${inspect(value, { depth: 4 }).replaceAll('\n', '\n  ')}\n`);

async function show(name: string, inputs: object, title = name): Promise<void> {
  print(title, (await compileWorkflowFile(documents(name), { definitions }).flow.compute(inputs)).value);
}

await show('parameters/simple.yaml', { input_file: 'report.md' });
await show('parameters/configuration.yaml', { config: { api_base: 'https://example.com' } });
await show('parameters/dynamic.yaml', { user_input: 'flow', advanced_mode: true });
await show('parameters/batch.yaml', { items: ['a', 'bb'].map((id) => ({ id, data: { id } })) });
print('parameters/item.yaml, for each item, by code', (await scoresOf(['a', 'bb'].map((id) => ({ item_id: id, item_data: { id } }))).flow.compute()).value);
await show('parameters/issues.json', { repo: 'flowmodel', current_issue: 7, github: { access_token: 'secret' }, settings: { retry_count: 2 } });
await show('rates.yaml', { amount: 10, currency: 'EUR' }, 'rates.yaml, a currency with a rate');
await show('rates.yaml', { amount: 10, currency: 'XXX' }, 'rates.yaml, where fetching the rate fails');

const weather = compileWorkflowFile(documents('weather/report.yaml')); // its models are in the process-wide registry
const { value } = await weather.flow.compute({ file: weatherFile, from: '2015-10-01', to: '2015-12-31' });
print('weather/report.yaml', value['headline']);
