import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ask, picture } from '../src/agent.ts';
import { params, sharedStore } from '../src/communication.ts';
import { dataFile } from '../src/data.ts';
import { countWords } from '../src/files.ts';
import { meanMasses } from '../src/map-reduce.ts';

test('the shared store: one node writes what the next one reads, and the history says who wrote what', async () => {
  const store = await sharedStore();
  expect(store.state.summary).toEqual({ 'my_file.txt': 'The store is shared.' });
  expect(store.patches.map(({ node, phase, patches }) => [node, phase, patches[0]!.path])).toEqual([
    ['LoadData', 'prep', ['data', 'my_file.txt']],
    ['Summarize', 'post', ['summary', 'my_file.txt']],
  ]);
});

test("params: the node's own when it runs alone, the flow's in a flow", async () => {
  expect(await params()).toEqual({ alone: ['doc1.txt: One.'], inFlow: ['doc2.txt: Two.'] });
});

test('the batch flow counts every file', async () => {
  const folder = new URL('../src/', import.meta.url);
  const counts = await countWords(folder);
  expect(Object.keys(counts)).toEqual(readdirSync(folder).toSorted());
  for (const [file, { lines, words }] of Object.entries(counts)) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    expect(lines).toBe(text.trimEnd().split('\n').length);
    expect(words).toBe(text.trim().split(/\s+/).length);
  }
});

test('the agent looks up what it does not know, one thing at a time, and answers', async () => {
  const { state, patches } = await ask(['Seattle', 'New York'], 7);
  expect(patches.map(({ node }) => node)).toEqual(['Decide', 'LookUp', 'Decide', 'LookUp', 'Answer']);
  expect(state.answer).toMatch(/^New York, with 29\.\d °C$/);
  expect(state.notes['Seattle']).toBeLessThan(state.notes['New York']!);
  expect(picture()).toContain('look up');
});

test('map and reduce gives the means, however the penguins are cut into chunks', async () => {
  const rows = JSON.parse(readFileSync(dataFile('penguins.json'), 'utf8')) as { Species: string; 'Body Mass (g)': number | null }[];
  const mean = (species: string): number => {
    const masses = rows.filter((row) => row.Species === species).flatMap((row) => row['Body Mass (g)'] ?? []);
    return masses.reduce((a, b) => a + b, 0) / masses.length;
  };
  for (const chunkSize of [1, 50, 1_000]) {
    const means = await meanMasses(chunkSize);
    expect(Object.keys(means).toSorted()).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    for (const [species, grams] of Object.entries(means)) expect(grams).toBeCloseTo(mean(species), 6);
  }
});

test('npm start runs all of them', () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@flowmodel/source', main], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('Gentoo: 5076 g');
  expect(stdout).toContain('LoadData.prep wrote data.my_file.txt');
}, 60_000);
