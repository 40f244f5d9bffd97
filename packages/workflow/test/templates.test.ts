import { WorkflowError } from '@flowmodel/workflow';
import { describe, expect, test } from 'vitest';
import { models, problems, refusal } from './models.ts';

const data = {
  name: 'Alice',
  age: 30,
  yes: true,
  no: false,
  zero: 0,
  empty: '',
  nothing: null,
  list: [10, 20, 30],
  none: [],
  user: { info: { age: 30, 'first-name': 'Al' }, tags: ['a', 'b'] },
  'user-id': 'u1',
  api: { responses: [{ data: { items: [{ values: [1, 2, 3] }, { values: [40, 50, 60] }] } }] },
  matrix: [[1, 2], [3, 5]],
  cube: [[[7]]],
  hostile: '${name} $name $$ ${age}',
  json: '{"count":42}',
  big: '1458059302022549698',
  cost: '$5',
};

const inputs = Object.fromEntries(Object.keys(data).map((name) => [name, { type: 'any' }]));

/** The value of a param of a node, or of a mapping of a nested workflow. */
async function resolved(value: unknown, where: 'params' | 'mapping' = 'params'): Promise<unknown> {
  const { run } = models();
  const child = { inputs: { value: { type: 'any' } }, nodes: [{ id: 'inner', type: 'echo', params: { value: '${value}' } }], outputs: { value: { source: '${inner}' } } };
  const node =
    where === 'params'
      ? { id: 'node', type: 'echo', params: { value } }
      : { id: 'node', type: 'workflow', params: { workflow_ir: child, param_mapping: { value }, output_mapping: { value: 'out' } } };
  const source = where === 'params' ? '${node}' : '${out}';
  return (await run({ inputs, nodes: [node], outputs: { value: { source } } }, data))['value'];
}

const malformed = (value: unknown): string[] => {
  const { compile } = models();
  return problems(() => compile({ inputs, nodes: [{ id: 'node', type: 'echo', params: { value } }], outputs: {} }));
};

describe('NW15 names and paths', () => {
  test.each([
    ['${user-id}', 'u1'],
    ['${user.info.first-name}', 'Al'],
  ])('NW15 %s is a reference', async (template, expected) => {
    expect(await resolved(template)).toBe(expected);
  });

  test.each(['${123}', '${}', '${ name }', '${name!}', '${name', '${list[-1]}', '${list[01]}', '${list[]}', '${list.0}', '${.name}', '${name.}', '${name..x}', '${user[info]}', "${user['info']}", '${{name}}', '${a b}', '${name}${'])(
    'NW15 %s is malformed, and a compile error',
    (template) => {
      expect(malformed(template)).toHaveLength(1);
      expect(malformed(template)[0]).toMatch(/^nodes\.0\.params\.value: /);
    },
  );

  test('NW30 every malformed template of a document is told, with node and param', () => {
    expect(malformed({ a: '${1}', b: ['${', 'fine ${name}'] })).toEqual([expect.stringMatching(/^nodes\.0\.params\.value\.a: '\$\{1\}' is not a template/), expect.stringMatching(/^nodes\.0\.params\.value\.b\.0: '\$\{' is not closed/)]);
  });
});

describe('NW16 a lone template keeps the type of the value', () => {
  test.each([
    ['${age}', 30],
    ['${yes}', true],
    ['${no}', false],
    ['${zero}', 0],
    ['${empty}', ''],
    ['${nothing}', null],
    ['${list}', [10, 20, 30]],
    ['${none}', []],
    ['${user}', data.user],
  ])('NW16 %s', async (template, expected) => {
    expect(await resolved(template)).toEqual(expected);
    expect(await resolved(template, 'mapping')).toEqual(expected);
  });

  test.each([
    [' ${age}', ' 30'],
    ['${age} ', '30 '],
  ])('NW16 a blank beside it makes it text: "%s"', async (template, expected) => {
    expect(await resolved(template)).toBe(expected);
  });
});

describe('NW17, NW18 mixed text', () => {
  test.each([
    ['${name} is ${age} years old', 'Alice is 30 years old'],
    ['${name}${age}${yes}', 'Alice30true'],
    ['[${nothing}]', '[]'],
    ['${no}!', 'false!'],
    ['n=${zero}', 'n=0'],
    ['${none}.', '[].'],
    ['list ${list}', 'list [10,20,30]'],
    ['user ${user}', `user ${JSON.stringify(data.user)}`],
    ['no template', 'no template'],
    ['', ''],
    ['a lone $ and $5 and $name', 'a lone $ and $5 and $name'],
  ])('NW17 %s', async (template, expected) => {
    expect(await resolved(template)).toBe(expected);
  });
});

describe('NW19 to NW22 paths into values', () => {
  test.each([
    ['${user.info.age}', 30],
    ['${api.responses[0].data.items[1].values[2]}', 60],
    ['${matrix[1][1]}', 5],
    ['${cube[0][0][0]}', 7],
    ['${user.tags[1]}', 'b'],
  ])('NW19, NW21 %s', async (template, expected) => {
    expect(await resolved(template)).toBe(expected);
    expect(await resolved(`<${template}>`)).toBe(`<${expected}>`);
  });

  test.each(['${list[3]}', '${name[0]}', '${user[0]}', '${user.info.agee}', '${name.length}', '${list.length}', '${nothing.x}', '${age.toFixed}', '${json.count}', '${user.toString}', '${user.hasOwnProperty}'])(
    'NW20, NW22, NW26 %s has no value, and says so',
    async (template) => {
      const error = await resolved(template).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(WorkflowError);
      expect(error).toMatchObject({ code: 'WORKFLOW', phase: 'resolve', details: { phase: 'resolve' } });
      expect((error as Error).message).toContain(template);
    },
  );

  test('NW26 text is never parsed as JSON: it stays text', async () => {
    expect(await resolved('${json}')).toBe('{"count":42}');
    expect(await resolved({ inner: '${json}', big: '${big}' })).toEqual({ inner: '{"count":42}', big: '1458059302022549698' });
  });

  test('a missing value names the nearest keys, and shows no values', async () => {
    const error = (await resolved('${user.inof.age}').catch((error: unknown) => error)) as Error;
    expect(error.message).toBe("${user.inof.age} has no value: there is no 'inof' in a record. Did you mean 'info'? Its keys are 'info' and 'tags'. Give it a default: { $value: '${user.inof.age}', default: … }.");
  });
});

describe('NW23, NW25 one pass', () => {
  test('NW25 what is filled in is never read again', async () => {
    expect(await resolved('x ${hostile} ${name}')).toBe('x ${name} $name $$ ${age} Alice');
    expect(await resolved('x $hostile $name', 'mapping')).toBe('x ${name} $name $$ ${age} Alice');
    expect(await resolved('${hostile}')).toBe(data.hostile);
  });

  test('NW23 templates in data are data, at any depth and on any way', async () => {
    const { run } = models();
    const nodes = [
      { id: 'first', type: 'echo', params: { value: { deep: ['${hostile}'] } } },
      { id: 'second', type: 'echo', params: { value: 'got ${first.deep[0]}' } },
      { id: 'third', type: 'echo', params: { value: ['${second}', { again: '${first}' }] } },
    ];
    const { value } = await run({ inputs, nodes, outputs: { value: { source: '${third}' } } }, data);
    expect(value).toEqual([`got ${data.hostile}`, { again: { deep: [data.hostile] } }]);
  });

  test('NW23 a name that begins like another is another', async () => {
    expect(malformed('${nam}')[0]).toContain("there is no input and no node 'nam'. Did you mean 'name'?");
    expect(await resolved('$user-id $user', 'mapping')).toBe(`u1 ${JSON.stringify(data.user)}`);
  });
});

describe('NW24 the escape', () => {
  test.each([
    ['$${name}', '${name}'],
    ['$${name} ${name}', '${name} Alice'],
    ['$$$${name}', '$${name}'],
    ['$$${name}', '$Alice'],
    ['100$$', '100$'],
    ['$$', '$'],
  ])('NW24 %s becomes %s', async (template, expected) => {
    expect(await resolved(template)).toBe(expected);
    expect(await resolved(template, 'mapping')).toBe(expected);
  });

  test('NW24 in mappings it escapes the bare form too', async () => {
    expect(await resolved('$$name $name', 'mapping')).toBe('$name Alice');
  });
});

describe('C1 the bare form', () => {
  test.each([
    ['$name', 'Alice'],
    ['$age', 30],
    ['$user.info.age', 30],
    ['$list[0]', 10],
    ['$matrix[1][0]', 3],
    ['$api.responses[0].data.items[1].values', [40, 50, 60]],
    ['Processing $name from $user.tags[0]', 'Processing Alice from a'],
    ['hello $name.', 'hello Alice.'],
    ['$name, $age!', 'Alice, 30!'],
    ['$name-$age', 'Alice-30'],
    ['$list[x] $age[', '[10,20,30][x] 30['],
    ['$5 and $ and $', '$5 and $ and $'],
    ['${name} and $name', 'Alice and Alice'],
  ])('C1 %s in a mapping', async (template, expected) => {
    expect(await resolved(template, 'mapping')).toEqual(expected);
  });

  test('C1 in params of other nodes it is text', async () => {
    expect(await resolved('$name costs $5')).toBe('$name costs $5');
  });
});

describe('C4, NW14, NW28 containers', () => {
  test('C4, NW28 templates inside objects and arrays are resolved at any depth, keys and literals are kept', async () => {
    const value = { config: { retry: '${age}', endpoint: 'https://${name}', n: 3, off: false, none: null, deep: [[{ '${name}': '${user.tags[0]}' }]] } };
    const expected = { config: { retry: 30, endpoint: 'https://Alice', n: 3, off: false, none: null, deep: [[{ '${name}': 'a' }]] } };
    expect(await resolved(value)).toEqual(expected);
    expect(await resolved(value, 'mapping')).toEqual(expected);
  });
});

describe('C8 choices', () => {
  test.each(["${yes} ? 'a' : 'b'", "${yes ? 'a' : 'b'}", '${yes} ? 100 : 10'])('C8 %s is refused, with what to do instead', (template) => {
    expect(malformed(template)).toEqual([expect.stringMatching(/templates do not choose\. Write a small model that chooses/)]);
  });

  test("C8 the bare form of the reference page: $debug ? 'verbose' : 'normal'", () => {
    const { compile } = models();
    const mapping = { mode: "$yes ? 'verbose' : 'normal'", limit: '$yes ? 100 : 10' };
    const document = { inputs, nodes: [{ id: 'n', type: 'workflow', params: { workflow_ir: { inputs: { mode: {}, limit: {} }, nodes: [{ id: 'e', type: 'echo', params: { value: '${mode}${limit}' } }] }, param_mapping: mapping } }] };
    expect(problems(() => compile(document))).toEqual([expect.stringContaining('templates do not choose'), expect.stringContaining('templates do not choose')]);
  });

  test.each(['Is it ${name}? Yes: really', '${name}? No', 'a ? b : c'])('C8 a sentence is no choice: %s', async (template) => {
    expect(await resolved(template)).toBe(template.replace('${name}', 'Alice'));
  });

  test('NW27 an index is a number, not a template', () => {
    expect(malformed('${list[${zero}]}')[0]).toContain('has a template inside');
  });
});

describe('NW29 own properties only', () => {
  test.each(['${user.__proto__}', '${user.constructor}', '${user.prototype}', '${user.constructor.constructor}', '${__proto__}', '${constructor}', '${list[0].__proto__.x}'])('NW29 %s is refused before anything runs', (template) => {
    expect(malformed(template).join()).toContain('cannot be looked up');
  });

  test('NW29 the bare form too', () => {
    const { compile } = models();
    const child = { inputs: { v: {} }, nodes: [{ id: 'e', type: 'echo', params: { value: '${v}' } }] };
    expect(problems(() => compile({ inputs, nodes: [{ id: 'n', type: 'workflow', params: { workflow_ir: child, param_mapping: { v: '$user.constructor.name' } } }] })).join()).toContain("'constructor' cannot be looked up");
  });

  test('NW29 an inherited field has no value, an own one of the same name does', async () => {
    const { run } = models();
    const document = { inputs: { user: { type: 'any' } }, nodes: [{ id: 'n', type: 'echo', params: { value: '${user.valueOf}' } }], outputs: { v: { source: '${n}' } } };
    await expect(run(document, { user: {} })).rejects.toMatchObject({ phase: 'resolve' });
    expect(await run(document, { user: { valueOf: 'own' } })).toEqual({ v: 'own' });
  });

  test('a document cannot use such a key itself', () => {
    const { compile } = models();
    const document = JSON.parse('{"nodes":[{"id":"n","type":"echo","params":{"value":{"__proto__":{"polluted":true}}}}]}') as object;
    expect(refusal(() => compile(document)).message).toContain("a key cannot be '__proto__'");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('NW11 defaults', () => {
  test.each([
    [{ $value: '${user.missing}', default: 5 }, 5],
    [{ $value: '${user.missing.deeper[2]}', default: null }, null],
    [{ $value: '${user.info.age}', default: 5 }, 30],
    [{ $value: '${nothing}', default: 5 }, null],
    [{ $value: '${zero}', default: 5 }, 0],
    [{ $value: 'hello ${user.missing}', default: 'nobody' }, 'nobody'],
    [{ $value: 'hello ${name}', default: 'nobody' }, 'hello Alice'],
    [{ $value: '${unknown}', default: ['d'] }, ['d']],
    [{ $value: { a: '${name}', b: '${list[9]}' }, default: {} }, {}],
    [[{ $value: '${list[9]}', default: 1 }, '${age}'], [1, 30]],
    [{ $value: '${list[9]}', default: '${not} a template' }, '${not} a template'],
  ])('NW11 %j', async (value, expected) => {
    expect(await resolved(value)).toEqual(expected);
    expect(await resolved(value, 'mapping')).toEqual(expected);
  });

  test('NW11 without one, a missing variable is an error that names the nearest names', () => {
    expect(malformed('${nmae}')[0]).toContain("there is no input and no node 'nmae'. Did you mean 'name'?");
  });

  test('$value needs its default, and stands with nothing else', () => {
    expect(malformed({ $value: '${name}' })[0]).toContain("'$value' goes with 'default'");
    expect(malformed({ $value: '${name}', default: 1, other: 2 })[0]).toContain("beside '$value' stands 'default' and nothing else");
  });
});
