/** What words of the command line and JSON mean, by the schema that reads them. */
import { describe, expect, test, vi } from 'vitest';
import { readAs } from '../src/context/read.ts';
import { Text } from '../src/context/text.ts';
import { Folder, flowmodel } from './command.ts';
import { schemas } from './modules/types.ts';

vi.setConfig({ testTimeout: 60_000 });

type Name = keyof typeof schemas;
const read = (name: Name, raw: unknown): unknown => readAs(schemas[name], raw);
const parsed = (name: Name, raw: unknown): unknown => schemas[name].parse(read(name, raw));

describe('a word is read as the schema says', () => {
  test.for<[Name, string, unknown]>([
    ['text', '5', '5'],
    ['text', 'true', 'true'],
    ['text', '{"a":1}', '{"a":1}'],
    ['text', '', ''],
    ['number', '5.5', 5.5],
    ['number', '-1e3', -1000],
    ['whole', '3', 3],
    ['flag', 'true', true],
    ['flag', 'false', false],
    ['big', '123456789012345678901', 123456789012345678901n],
    ['big', '-5n', -5n],
    ['day', '2024-02-29', new Date('2024-02-29T00:00:00Z')],
    ['day', '2024-02-29T10:00Z', new Date('2024-02-29T10:00:00Z')],
    ['day', '2024-02-29T10:00:30.5+02:00', new Date('2024-02-29T08:00:30.500Z')],
    ['choice', 'green', 'green'],
    ['level', '2', 2],
    ['literal', '1', 1],
    ['literal', 'one', 'one'],
    ['literal', 'null', null],
    ['nothing', 'null', null],
    ['nothing', 'some', 'some'],
    ['numbers', '1,2.5, 3', [1, 2.5, 3]],
    ['numbers', '[1,2]', [1, 2]],
    ['numbers', '', []],
    ['days', '2024-01-01,2024-01-02', [new Date('2024-01-01'), new Date('2024-01-02')]],
    ['pair', 'a,5', ['a', 5]],
    ['set', '1,2,1', new Set([1, 2])],
    ['map', '{"1":"2024-01-01"}', new Map([[1, new Date('2024-01-01')]])],
    ['map', '[[2,"2024-01-01"]]', new Map([[2, new Date('2024-01-01')]])],
    ['prices', '{"a":1}', { a: 1 }],
    ['region', '{"name":"north","since":"2024-01-01"}', { name: 'north', since: new Date('2024-01-01') }],
    ['either', '5', 5],
    ['either', '2024-01-01', new Date('2024-01-01')],
    ['either', 'x', 'x'],
    ['both', '{"from":"2024-01-01","to":"5"}', { from: new Date('2024-01-01'), to: 5n }],
    ['anything', '[1,true,"a"]', [1, true, 'a']],
    ['anything', 'null', null],
    ['anything', 'ab', 'ab'],
    ['coerced', '5', 5],
    ['lower', 'AB', 'ab'],
    ['instant', '2024-01-01T00:00:00Z', new Date('2024-01-01')],
    ['trimmed', ' a ', 'a'],
    ['relative', 'epoch', new Date(0)], // what the step before makes of the word
    ['relative', '2024-01-01', new Date('2024-01-01')], // what comes after it would have read
    ['row', 'a,5,6', ['a', 5, 6]],
    ['code', '5', 5n],
    ['code', '6n', 6n],
    ['withDefault', '2024-01-01', new Date('2024-01-01')],
  ])('%s %j', ([name, text, value]) => {
    expect(parsed(name, new Text(text))).toEqual(value);
  });

  test.for<[Name, string]>([
    ['number', ''],
    ['number', '5 apples'],
    ['number', 'NaN'],
    ['whole', '3.5'],
    ['flag', 'yes'],
    ['flag', '1'],
    ['big', '5.5'],
    ['day', '2024-02-30'],
    ['day', '2024-02-29T10:00'], // of which time zone?
    ['day', '29.02.2024'],
    ['day', '2024-02-29T25:00Z'],
    ['choice', 'blue'],
    ['level', 'low'],
    ['literal', '2'],
    ['numbers', '1,two'],
    ['days', '2024-01-01,soon'],
    ['region', 'north'],
    ['pair', 'a'],
  ])('%s does not accept %j, and the schema says why', ([name, text]) => {
    expect(schemas[name].safeParse(read(name, new Text(text))).error?.issues[0]?.message).toMatch(/^(Invalid|Too small)/);
  });
});

describe('JSON is data already; only what JSON does not have is read', () => {
  test.for<[Name, unknown, unknown]>([
    ['day', '2024-02-29', new Date('2024-02-29')],
    ['big', '12345678901234567890', 12345678901234567890n],
    ['big', 5, 5n],
    ['set', [1, 2], new Set([1, 2])],
    ['map', { 1: '2024-01-01' }, new Map([[1, new Date('2024-01-01')]])],
    ['region', { name: 'north', since: '2024-01-01', tags: ['a'] }, { name: 'north', since: new Date('2024-01-01'), tags: ['a'] }],
    ['nothing', 'null', 'null'],
    ['anything', { a: '5' }, { a: '5' }],
  ])('%s %j', ([name, data, value]) => {
    expect(parsed(name, data)).toEqual(value);
  });

  test.for<[Name, unknown]>([
    ['number', '5'],
    ['flag', 'true'],
    ['numbers', '1,2'],
    ['text', 5],
    ['day', 0],
    ['big', 2 ** 60], // has lost digits on the way
  ])('%s does not accept %j', ([name, data]) => {
    expect(schemas[name].safeParse(read(name, data)).success).toBe(false);
  });
});

describe('whatever is written', () => {
  const odd = ['', ' ', ',', ',,', '[', ']', '{', '}', '[]', '{}', '[[]]', '[null]', '{"a":null}', '{"__proto__":{"x":1}}', 'null', 'undefined', 'NaN', 'Infinity', '-', '-0', '1e999', '0x10', '9'.repeat(400), '2024', '2024-13-01', '0000-01-01', '9999-12-31T23:59Z', 'T', '\u0000', '💥', '"', '"a"', 'a=b', '$date', '{"$date":"x"}', '[1,[2,[3]]]'];
  const words = odd.flatMap((text) => [text, `${text},${text}`, `[${text}]`, `{"a":${text}}`]);

  test('reading throws nothing, and leaves no unread word behind', () => {
    const isRead = (value: unknown): boolean => !(value instanceof Text) && (typeof value !== 'object' || value === null || [...(value instanceof Map || value instanceof Set ? (value as Iterable<unknown>) : Object.values(value))].every(isRead));
    for (const schema of Object.values(schemas)) {
      for (const text of words) {
        const word = new Text(text);
        for (const raw of [word, [word], { a: word, name: word }, [[word, word]]]) expect(isRead(readAs(schema, raw))).toBe(true);
      }
    }
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('a field that several read', () => {
  test.for([
    ['textFirst', "[ '5', '5' ]\n"], // as a number one of them would refuse it
    ['numberFirst', "[ '5', '5', '5' ]\n"],
    ['either', "[ '5', '5' ]\n"], // both accept both: the first decides
  ] as const)('is read so that most accept it: %s', ([name, value]) => {
    expect(flowmodel(['run', `types.ts#shared.${name}`, 'x=5'])).toEqual({ status: 0, stdout: value, stderr: '' });
  });

  test('what a schema would only say asynchronously is left to the run', () => {
    expect(flowmodel(['run', 'types.ts#asynchronous', 'x=5'])).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/^error: ASYNC_IN_SYNC .*asynchronous/) });
  });
});

describe('where a context comes from', () => {
  const region = (...args: readonly string[]) => flowmodel(['run', 'types.ts#read.region', ...args]);

  test('dotted keys build objects, field by field', () => {
    expect(region('region.name=north', 'region.since=2024-01-01', 'region.tags=a,b').stdout).toBe("{ name: 'north', since: 2024-01-01T00:00:00.000Z, tags: [ 'a', 'b' ] }\n");
    expect(region('region.name=north', 'region.since=2024-01-01', 'region.tags[0]=a', 'region.tags[1]=b').stdout).toContain("tags: [ 'a', 'b' ]");
  });

  test('the later one wins, and changes only its own place', () => {
    const json = '{"region":{"name":"north","since":"2024-01-01"}}';
    expect(region('--context', json, '--context', 'region.name=south').stdout).toBe("{ name: 'south', since: 2024-01-01T00:00:00.000Z }\n");
    expect(region('--context', 'region.name=south', '--context', json).stdout).toBe("{ name: 'north', since: 2024-01-01T00:00:00.000Z }\n");
    expect(region('region.name=a', '-c', json, 'region.name=b').stdout).toContain("name: 'b'"); // pairs come after options
    expect(region('region={"name":"x","since":"2024-01-01"}', 'region.name=y').stdout).toContain("name: 'y'");
  });

  test('a field whose name has a dot is that field', () => {
    expect(flowmodel(['run', 'types.ts#named', 'region.name=north', 'region.since=2024']).stdout).toBe("{ 'region.name': 'north', region: { since: 2024 } }\n");
  });

  test('files are JSON or YAML', () => {
    const folder = new Folder({ 'a.json': '{ "region": { "name": "json", "since": "2024-01-01" } }', 'b.yaml': 'region:\n  name: yaml\n  since: 2024-01-01\n  tags: [a, b]\n', 'region=north': 'region: { name: plain, since: 2024-01-01 }', 'c.json': '[1]', 'd.json': '{', 'e.yml': '- a\nb' });
    try {
      const at = (name: string) => region('--context', `${folder.path}/${name}`);
      expect(at('a.json').stdout).toBe("{ name: 'json', since: 2024-01-01T00:00:00.000Z }\n");
      expect(at('b.yaml').stdout).toBe("{ name: 'yaml', since: 2024-01-01T00:00:00.000Z, tags: [ 'a', 'b' ] }\n");
      expect(at('region=north').stdout).toBe("{ name: 'plain', since: 2024-01-01T00:00:00.000Z }\n"); // a file, whatever its name
      expect(at('c.json')).toMatchObject({ status: 2, stderr: expect.stringContaining('a context is an object') });
      expect(at('d.json')).toMatchObject({ status: 2, stderr: expect.stringContaining('d.json is not valid JSON') });
      expect(at('e.yml')).toMatchObject({ status: 2, stderr: expect.stringContaining('e.yml is not valid YAML') });
      expect(at('f.json')).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be read') });
    } finally {
      folder.remove();
    }
  });

  test('the tags of documents stand for what they stand for there', () => {
    expect(flowmodel(['run', 'types.ts#read.anything', '-c', '{"anything":{"$set":[1,{"$bigint":"5"}]}}']).stdout).toBe('Set(2) { 1, 5n }\n');
    expect(flowmodel(['run', 'types.ts#read.anything', '-c', '{"anything":{"$nonsense":1}}'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/^error: --context: .*\$nonsense/) });
  });

  test.for([
    ['{"a":', '--context is not valid JSON'],
    ['nonsense', "--context is a JSON object, the name of a .json or .yaml file, or key=value; got 'nonsense'."],
    ['__proto__.a=1', "'__proto__.a' is no field"],
    ['a[5]=1', "'a[5]' leaves a gap"],
    ['a..b=1', "'a..b' is no path"],
  ] as const)('%s is none', ([text, message]) => {
    expect(flowmodel(['run', 'types.ts#read.anything', '--context', text])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});
