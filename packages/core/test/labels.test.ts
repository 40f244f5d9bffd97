// `setLabel` of @flowmodel/core/extending: what packages call the models that they make for their users, wherever graphs and explanations are shown.
import { inspect } from 'node:util';
import { computed, DefinitionRegistry, explain, flowModel, FromContext, graphOf, keyOf, memoryCache, toDot, toMermaid } from '@flowmodel/core';
import type { CallableModel, FlowGraph } from '@flowmodel/core';
import { setLabel } from '@flowmodel/core/extending';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const definitions = new DefinitionRegistry();
const load = flowModel({ name: 'load', definitions, inputs: { file: z.string(), day: FromContext(z.number().default(1)) } }, ({ file, day }) => file.length * day);
const field = flowModel({ name: 'plumbing.field', definitions, inputs: { value: FromContext(z.unknown()), note: z.string().default('internal') } }, ({ value }) => value);
const step = flowModel({ name: 'step', definitions, inputs: { a: z.number(), day: FromContext(z.number()) } }, ({ a, day }) => a + day);
const sum = flowModel({ name: 'sum', definitions, inputs: { a: z.number(), b: z.unknown() } }, ({ a }) => a);

const names = ({ nodes }: FlowGraph): string[] => nodes.map(({ name }) => name);
/** The first line of each box. */
const titles = (graph: FlowGraph): string[] => [...toDot(graph).matchAll(/^ {2}n\d+ \[label="(.*?)(?:\\n|")/gm)].map(([, title]) => title!);
const whole = <Model extends CallableModel>(model: Model, text: string): Model => setLabel(model, text, { whole: true });

describe('a label', () => {
  test('stands before the name of the model, whose inputs are shown as ever', () => {
    const graph = graphOf(setLabel(load({ file: 'a.csv' }), 'raw'), { day: 2 });
    expect(graph.nodes[0]).toMatchObject({ name: 'load', label: { text: 'raw' } });
    expect(toMermaid(graph)).toContain('n0["raw: load<br/>file = #34;a.csv#34;<br/>day ← context = 2"]');
    expect(toDot(graph)).toContain(String.raw`label="raw: load\nfile = \"a.csv\"\nday ← context = 2"`);
  });

  test('alone is enough where it is the name', () => {
    expect(titles(graphOf(setLabel(load({ file: '' }), 'load')))).toEqual(['load']);
  });

  test('that is a whole one stands instead of name and inputs; the value of a field is shown without what feeds it', () => {
    const model = sum({ a: 1, b: whole(field(), '${x}').flow.withContext({ value: 7 }) });
    const graph = graphOf(model);
    expect(graph.nodes[1]).toMatchObject({ name: 'plumbing.field', label: { text: '${x}', whole: true }, inputs: [{ name: 'note' }], fields: [{ name: 'value' }] });
    expect(toDot(graph)).toContain('n1 [label="${x}\\n= 7"];');
    expect(toDot(graph)).toContain('n1 -> n0 [label="b"];'); // the wrapper writes that field and no other
  });

  test('leaves a model without one, and its node, as they were', () => {
    const graph = graphOf(sum({ a: 1, b: 2 }));
    expect('label' in graph.nodes[0]!).toBe(false);
    expect(titles(graph)).toEqual(['sum']);
  });

  test('counts as it was set last, and is returned with its model', () => {
    const model = load({ file: 'a' });
    expect(setLabel(setLabel(model, 'first'), 'second')).toBe(model);
    expect(titles(graphOf(model))).toEqual(['second: load']);
  });

  test('is for models: a factory is told what to do', () => {
    const refused = (): unknown => setLabel(load as unknown as CallableModel, 'x');
    expect(refused).toThrow(expect.objectContaining({ code: 'BIND', message: expect.stringMatching(/^setLabel expects a model.*Call the factory first/) }));
  });

  test('is cut where it is long, and stands on one line', () => {
    const graph = graphOf(setLabel(load({ file: '' }), `two\nlines ${'x'.repeat(500)}`));
    expect(graph.nodes[0]!.label!.text).toHaveLength(100);
    expect(toMermaid(graph)).toMatch(/^ {2}n0\["two#92;nlines x{48}…<br\/>/m);
  });
});

describe('wrappers', () => {
  test('are shown by the label of what they wrap', () => {
    const raw = setLabel(load({ file: 'a' }), 'raw');
    expect(titles(graphOf(sum({ a: raw, b: raw.flow.withContext({ day: 7 }) })))).toEqual(['sum', 'raw: load', 'raw: load']);
  });

  test('with a label of their own give it to what is evaluated in their context, and to nothing outside of it', () => {
    const outer = setLabel(load({ file: 'outer' }), 'first');
    const child = setLabel(sum({ a: setLabel(load({ file: 'child' }), 'raw'), b: whole(field(), '${x}') }), 'sum');
    const one = setLabel(child.flow.withContext({ value: computed(outer), day: 1 }), 'one');
    const three = setLabel(child.flow.withContext({ value: 3, day: 3 }), 'three');
    expect(titles(graphOf(sum({ a: one, b: three })))).toEqual(['sum', 'one.sum: sum', 'one.raw: load', '${x} in one', 'first: load', 'three.sum: sum', 'three.raw: load', '${x} in three']);
  });

  test('nest', () => {
    const inner = setLabel(setLabel(load({ file: 'a' }), 'raw').flow.withContext({ day: 1 }), 'inner');
    const outer = setLabel(setLabel(step({ a: inner }), 'total').flow.withContext({ day: 2 }), 'outer');
    expect(titles(graphOf(outer))).toEqual(['outer.total: step', 'outer.inner.raw: load']);
  });

  test('what they compute for a field is called by its label', () => {
    const model = load({ file: 'a' }).flow.withContext({ day: computed(setLabel(load({ file: 'b' }), 'other')) });
    expect(toDot(graphOf(sum({ a: model, b: 1 })))).toContain(String.raw`a\nday ← computed(other)`);
  });

  test('in a chain of 3,000', () => {
    let model: CallableModel<number> = setLabel(load({ file: 'a' }), 'raw');
    for (let i = 0; i < 3_000; i++) model = setLabel(setLabel(step({ a: model }), 'n').flow.withContext({ day: i }), `w${i}`);
    const graph = graphOf(model);
    expect(graph.nodes.at(-1)!.label!.text).toMatch(/^….*w1\.w0\.raw$/);
    expect(graph.nodes.every(({ label }) => label!.text.length <= 100)).toBe(true);
  });
});

describe('explanations', () => {
  const model = sum({ a: setLabel(load({ file: 'a' }), 'raw'), b: whole(field(), '${x}') });
  const lacking = flowModel({ name: 'lacking', definitions, inputs: { day: FromContext(z.number()) } }, ({ day }) => day);

  test('show labels in the place of paths, which stay in the data', async () => {
    const found = await explain(model, { value: 1 });
    expect(found.nodes.map(({ path }) => path)).toEqual(['sum', 'sum.a', 'sum.b']);
    expect(String(found).split('\n').map((line) => line.trim().split(/ {2,}/)[1])).toEqual([undefined, 'sum', 'raw: load', '${x}']);
    expect(found.graph.nodes.map(({ label }) => label?.text)).toEqual([undefined, 'raw', '${x}']);
  });

  test('say by its label what is waited for', async () => {
    const found = await explain(sum({ a: setLabel(lacking(), 'today'), b: 1 }));
    expect(found.nodes[0]!.reason).toBe('waits for today');
  });
});

describe('inspections', () => {
  const lacking = flowModel({ name: 'login', definitions, inputs: { day: FromContext(z.number()), token: z.string().meta({ secret: true }) } }, ({ day }) => day);

  test('print labels; their data stays as it was', () => {
    const today = setLabel(lacking({ token: 'hunter2' }), 'today');
    const model = setLabel(sum({ a: today, b: whole(field(), '${x}').flow.withContext({ value: 1 }) }), 'total');
    const inspection = model.flow.inspect(undefined, { dependencies: 'recursive' });
    const text = String(inspection);
    expect(text.split('\n')[0]).toBe('total: sum({ a: today, b: ${x} })');
    expect(text).toContain('-> today: login({ token: [secret] })');
    expect(text).toMatch(/-> \$\{x\}$/m);
    expect(text).toMatch(/day +number +for today$/m);
    expect(inspection.graph.requiredInputs['day']!.neededBy).toEqual(['sum.a']);
  });
});

describe('nothing else depends on a label', () => {
  const graph = (label: (model: CallableModel<number>, text: string) => CallableModel<number>): CallableModel<number> => label(sum({ a: label(load({ file: 'a' }), 'raw'), b: 1 }), 'total');
  const labelled = graph(setLabel);
  const plain = graph((model) => model);

  test('no key, no document, no text of a model', () => {
    expect(keyOf(labelled, { day: 1 })).toBe(keyOf(plain, { day: 1 }));
    expect(JSON.stringify(labelled)).toBe(JSON.stringify(plain));
    expect(inspect(labelled)).toBe(inspect(plain));
    expect(names(graphOf(labelled))).toEqual(names(graphOf(plain)));
  });

  test('no result in a cache', async () => {
    const cache = memoryCache();
    await plain.flow.compute({ day: 1 }, { cache });
    expect((await explain(labelled, { day: 1 }, { cache })).nodes.map(({ status }) => status)).toEqual(['cached', 'pruned']);
  });

  test('also when it is set after a run', async () => {
    const model = load({ file: 'abc' });
    const before = (await model.flow.compute({ day: 2 })).value;
    setLabel(model, 'late');
    expect((await model.flow.compute({ day: 2 })).value).toBe(before);
    expect(titles(graphOf(model))).toEqual(['late: load']);
  });

  test('a model that was rebound is another, without a label', () => {
    expect(titles(graphOf(setLabel(load({ file: 'a' }), 'raw').rebind({ file: 'b' })))).toEqual(['load']);
  });
});
