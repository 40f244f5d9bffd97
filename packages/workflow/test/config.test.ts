import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import { join } from 'node:path';
import { DefinitionRegistry, Dependency, flowModel, FromContext, ModelRegistry } from '@flowmodel/core';
import { composeConfig, loadConfig } from '@flowmodel/workflow';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { problems, refusal } from './models.ts';

function world() {
  const definitions = new DefinitionRegistry();
  const visits = flowModel({ name: 'visits', definitions, inputs: { place: z.string(), days: z.number().default(1), month: FromContext(z.number().default(1)) } }, ({ place, days, month }) => place.length * days * month);
  const change = flowModel({ name: 'change', definitions, inputs: { now: z.number(), before: z.number() } }, ({ now, before }) => now - before);
  const total = flowModel({ name: 'total', definitions, inputs: { parts: Dependency(z.array(z.number())) } }, ({ parts }) => parts.reduce((a, b) => a + b, 0));
  const client = flowModel({ name: 'client', definitions, inputs: { url: z.string(), token: z.string().min(4).meta({ secret: true }), port: z.number().default(80) } }, ({ url, token, port }) => `${url}:${port} ${token.length}`);
  return { definitions, visits, change, total, client };
}

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'config-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(root, name), text);
  return name;
};

const base = `
days: 7
visitors:
  current: { $model: visits, place: library, days: { $ref: /days } }
  previous: { $model: visits, place: park }
  delta:
    $model: change
    now: { $ref: /visitors/current }
    before: { $ref: ./previous }
`;

describe('instances', () => {
  test('named instances, shared wherever they are referred to', () => {
    const { definitions, visits } = world();
    write('base.yaml', base);
    const registry = loadConfig('base.yaml', { definitions, root });
    expect(registry.list()).toEqual(['/visitors/current', '/visitors/previous', '/visitors/delta']);
    const delta = registry.get('/visitors/delta');
    expect(delta.inputs['now']).toBe(registry.get('/visitors/current'));
    expect(delta.inputs['before']).toBe(registry.get('/visitors/previous'));
    expect(delta.flow.computeSync({ month: 2 }).value).toBe(7 * 7 * 2 - 4 * 2);
    expect(visits({ place: 'library', days: 7 }).flow.computeSync().value).toBe(registry.get('/visitors/current').flow.computeSync().value);
  });

  test('the same model twice without a reference is two instances', () => {
    const { definitions } = world();
    const registry = loadConfig({ a: { $model: 'visits', place: 'x' }, b: { $model: 'visits', place: 'x' } }, { definitions });
    expect(registry.get('/a')).not.toBe(registry.get('/b'));
  });

  test('models inside models, lists of them, references into lists and to values', () => {
    const { definitions } = world();
    const registry = loadConfig(
      {
        places: ['library', 'park'],
        parts: [{ $model: 'visits', place: { $ref: '/places/0' } }, { $model: 'visits', place: { $ref: '/places/1' } }],
        total: { $model: 'total', parts: [{ $ref: '/parts/0' }, { $ref: './parts/1' }, { $model: 'change', now: 5, before: { $ref: '/parts/1' } }, 100] },
        all: { $model: 'total', parts: { $ref: '/parts' } },
      },
      { definitions },
    );
    expect(registry.list()).toEqual(['/parts/0', '/parts/1', '/total', '/all']);
    expect(registry.get('/total').flow.computeSync().value).toBe(7 + 4 + (5 - 4) + 100);
    expect(registry.get('/all').flow.computeSync().value).toBe(11);
  });

  test('a contextual input is given a default', () => {
    const { definitions } = world();
    const model = loadConfig({ a: { $model: 'visits', place: 'x', month: 6 } }, { definitions }).get('/a');
    expect([model.flow.computeSync().value, model.flow.computeSync({ month: 2 }).value]).toEqual([6, 2]);
  });

  test('instances of a registry that is given are found, and the new ones join them', () => {
    const { definitions, visits } = world();
    const registry = new ModelRegistry().set('/shared/visits', visits({ place: 'abc' }));
    expect(loadConfig({ c: { $model: 'change', now: { $ref: '/shared/visits' }, before: 1 } }, { definitions, registry })).toBe(registry);
    expect(registry.get('/c').flow.computeSync().value).toBe(2);
  });
});

describe('composition', () => {
  test('later files merge deeply: fields one by one, lists and values as a whole', () => {
    const { definitions } = world();
    write('base.yaml', base);
    write('site.json', '{ "visitors": { "previous": { "days": 2 }, "current": { "place": "zoo" } }, "list": [1, 2] }');
    const registry = loadConfig(['base.yaml', 'site.json', { list: [3], visitors: { previous: { place: 'lake' } } }], { definitions, root });
    expect(registry.get('/visitors/current').inputs).toEqual({ place: 'zoo', days: 7 });
    expect(registry.get('/visitors/previous').inputs).toEqual({ place: 'lake', days: 2 });
  });

  test('another model in the same place starts afresh, a reference takes the place whole', () => {
    const { definitions } = world();
    const registry = loadConfig([{ a: { $model: 'visits', place: 'x' }, b: { $model: 'visits', place: 'y' } }, { a: { $model: 'change', now: 3, before: 1 }, b: { $ref: '/a' } }, { c: { $model: 'change', now: { $ref: '/b' }, before: 0 } }], { definitions });
    expect(registry.get('/a').inputs).toEqual({ now: 3, before: 1 });
    expect(registry.get('/c').inputs['now']).toBe(registry.get('/a'));
  });

  test('over a reference or a value of the environment nothing is merged, and neither is merged over anything', () => {
    const { definitions } = world();
    const values = (...sources: object[]) => composeConfig(sources, { definitions }).values.map(({ path, origin }) => `${path} ${origin}`);
    expect(values({ a: { $ref: '/b' }, b: 1 }, { a: { c: 2 } })).toEqual(['a.c given', 'b given']);
    expect(values({ a: { c: 2 } }, { a: { $ref: '/b' }, b: 1 })).toEqual(['a.$ref given', 'b given']);
    expect(loadConfig([{ days: { $env: 'A', type: 'number', default: 1 } }, { days: { $env: 'B' } }, { v: { $model: 'visits', place: { $ref: '/days' } } }], { definitions, env: { B: 'text' } }).get('/v').inputs['place']).toBe('text');
  });

  test('overrides come last, and are read as YAML', () => {
    const { definitions } = world();
    write('base.yaml', base);
    const overrides = ['days=30', 'visitors.previous.place="the park"', 'visitors.previous.days=2', 'visitors.delta.before=5', 'days=31'];
    const registry = loadConfig('base.yaml', { definitions, root, overrides });
    expect(registry.get('/visitors/current').inputs).toEqual({ place: 'library', days: 31 });
    expect(registry.get('/visitors/previous').inputs).toEqual({ place: 'the park', days: 2 });
    expect(registry.get('/visitors/delta').inputs['before']).toBe(5);
  });

  test('an override into a list, and of a list', () => {
    const { definitions } = world();
    const config = { t: { $model: 'total', parts: [1, 2] } };
    expect(loadConfig(config, { definitions, overrides: ['t.parts[1]=5'] }).get('/t').flow.computeSync().value).toBe(6);
    expect(loadConfig(config, { definitions, overrides: ['t.parts=[7, 8]'] }).get('/t').flow.computeSync().value).toBe(15);
  });

  test.each([
    ['dayz=30', "override 'dayz': there is no 'dayz' at the top. Did you mean 'days'?"],
    ['visitors.current.plce=x', "override 'visitors.current.plce': there is no 'plce' in 'visitors.current'. Did you mean 'place'?"],
    ['visitors.currant.place=x', "there is no 'currant' in 'visitors'. Did you mean 'current'?"],
    ['days.deeper=1', "there is no 'deeper' in 'days'"],
    ['visitors.previous.days.deeper=1', "there is no 'days' in 'visitors.previous'"],
    ['days', 'is not of the form path.to.value=text'],
    ['=1', 'is not of the form path.to.value=text'],
    ['visitors..x=1', 'is not of the form path.to.value=text'],
    ['__proto__.x=1', 'is not of the form path.to.value=text'],
    ['days=[1', "override of 'days': "],
  ])('an override that leads nowhere is an error: %s', (override, message) => {
    const { definitions } = world();
    write('base.yaml', base);
    expect(refusal(() => loadConfig('base.yaml', { definitions, root, overrides: [override] })).message).toContain(message);
  });
});

describe('the environment', () => {
  const config = { c: { $model: 'client', url: 'u', token: { $env: 'API_TOKEN' }, port: { $env: 'PORT', type: 'number', default: 8080 } } };

  test('values come only from where the document names them', () => {
    const { definitions } = world();
    const env = { API_TOKEN: 'hunter2', PORT: '81', url: 'not asked for' };
    expect(loadConfig(config, { definitions, env }).get('/c').flow.computeSync().value).toBe('u:81 7');
    expect(loadConfig(config, { definitions, env: { API_TOKEN: 'hunter2' } }).get('/c').flow.computeSync().value).toBe('u:8080 7');
  });

  test('the process is the default', () => {
    const { definitions } = world();
    process.env['FLOWMODEL_CONFIG_TEST'] = 'abcd';
    try {
      expect(loadConfig({ c: { $model: 'client', url: 'u', token: { $env: 'FLOWMODEL_CONFIG_TEST' } } }, { definitions }).get('/c').flow.computeSync().value).toBe('u:80 4');
    } finally {
      delete process.env['FLOWMODEL_CONFIG_TEST'];
    }
  });

  test.each([
    [{}, "the environment has no 'API_TOKEN'"],
    [{ API_TOKEN: 'hunter2', PORT: 'eighty' }, "the environment's 'PORT' is no number"],
  ])('%j', (env, message) => {
    const { definitions } = world();
    const error = refusal(() => loadConfig(config, { definitions, env }));
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/hunter2|eighty/);
  });

  test('an own variable only, not an inherited one', () => {
    const { definitions } = world();
    expect(problems(() => loadConfig({ c: { $env: 'toString' } }, { definitions, env: {} }))[0]).toContain("the environment has no 'toString'");
  });

  test('a value of the environment that is not accepted is not repeated, also through a reference', () => {
    const { definitions } = world();
    const error = refusal(() => loadConfig({ port: { $env: 'PORT' }, c: { $model: 'client', url: 'u', token: 'abcd', port: { $ref: './port' } } }, { definitions, env: { PORT: 'SENSITIVE' } }));
    expect(error.message).toContain("'port' of client is not accepted");
    expect(error.message).not.toContain('SENSITIVE');
  });
});

describe('what is wrong is told together, and nothing is registered', () => {
  test('unknown models, inputs and references, wrong values, with file and line', () => {
    const { definitions } = world();
    write(
      'wrong.yaml',
      `a: { $model: vists, place: x }
b: { $model: visits, plce: x }
c:
  $model: visits
  place: 7
d: { $model: change, now: { $ref: /nowhere }, before: { $ref: /c } }
fine: { $model: visits, place: x }
`,
    );
    const registry = new ModelRegistry();
    const error = refusal(() => loadConfig('wrong.yaml', { definitions, root, registry }));
    expect(error.phase).toBe('compile');
    expect(error.issues.map(({ file, line, at, message }) => `${file}:${line} ${at.join('.')}: ${message}`)).toEqual([
      "wrong.yaml:1 a.$model: no flow model is named 'vists'. Did you mean 'visits'? Known are 'visits', 'change', 'total' and 'client'. Import the module that defines it.",
      "wrong.yaml:2 b.plce: visits has no input 'plce'. Did you mean 'place'? Its inputs are 'place', 'days' and 'month'.",
      expect.stringMatching(/^wrong\.yaml:5 c\.place: visits, input 'place': expected string, got 7/),
      "wrong.yaml:6 d.now: there is nothing at '/nowhere'. There is '/a', '/b', '/c', '/d' and '/fine'.",
    ]);
    expect(registry.list('/')).toEqual([]);
  });

  test('references in a circle are told with the circle', () => {
    const { definitions } = world();
    const config = { a: { $model: 'change', now: { $ref: '/b' }, before: 1 }, b: { $model: 'change', now: { $ref: '/a' }, before: 1 } };
    expect(problems(() => loadConfig(config, { definitions }))[0]).toContain('the references form a circle: /a -> /a/now -> /b -> /b/now -> /a');
    expect(problems(() => loadConfig({ a: { $ref: '/a' } }, { definitions }))[0]).toContain('/a -> /a');
  });

  test.each([
    [{ a: { $ref: 7 } }, "'$ref' is a path, and stands alone"],
    [{ a: { $ref: '/b', more: 1 }, b: 1 }, "'$ref' is a path, and stands alone"],
    [{ a: { $env: 'X', secret: true } }, "not 'secret'"],
    [{ a: { $ref: '../../b' }, b: 1 }, "'../../b' leads above the root"],
    [{ 'a/b': { $model: 'visits', place: 'x' } }, 'cannot be part of a path'],
    [{ a: { $model: 7 } }, "no flow model is named '7'"],
  ])('%j', (config, message) => {
    const { definitions } = world();
    expect(refusal(() => loadConfig(config, { definitions, env: { X: '1' } })).message).toContain(message);
  });

  test('files: missing, malformed, outside the root, no record', () => {
    const { definitions } = world();
    write('list.yaml', '[1]');
    write('broken.json', '{');
    symlinkSync('/etc/hostname', join(root, 'link.yaml'));
    const error = refusal(() => loadConfig(['gone.yaml', 'broken.json', 'list.yaml', '../x.yaml', 'link.yaml'], { definitions, root }));
    expect(error.issues.map(({ phase, file }) => `${phase} ${file}`)).toEqual(['load gone.yaml', 'parse broken.json', 'parse list.yaml', 'load ../x.yaml', 'load link.yaml']);
  });
});

describe('the composed configuration can be printed', () => {
  test('every value with its origin; secrets are masked', () => {
    const { definitions } = world();
    write('base.yaml', 'days: 7\nclient:\n  $model: client\n  url: u\n  token: hunter2\n');
    const config = composeConfig(['base.yaml', { client: { port: { $env: 'PORT', default: 'SENSITIVE' } } }], { definitions, root, overrides: ['days=30', 'client.token=hunter3'] });
    expect(String(config)).toBe(
      [
        'days: 30  # override days',
        'client.$model: "client"  # base.yaml:3:11',
        'client.url: "u"  # base.yaml:4:8',
        'client.token: [secret]  # override client.token',
        'client.port: [secret]  # environment PORT, named in given',
      ].join('\n'),
    );
    expect(JSON.stringify(config)).not.toMatch(/hunter|SENSITIVE/);
    expect(config.values[0]).toEqual({ path: 'days', value: 30, origin: 'override days' });
  });

  test('what a secret input takes by reference is masked where it stands, over several references and inside of a record; the references are not', () => {
    const { definitions } = world();
    const config = composeConfig(
      { token: 'hunter2', same: { $ref: './token' }, creds: { all: [{ key: 'hunter3' }] }, a: { $model: 'client', url: 'u', token: { $ref: '/same' } }, b: { c: { $model: 'client', url: { $ref: '/place' }, token: { $ref: '../creds/all' } } }, place: 'zoo' },
      { definitions },
    );
    expect(String(config)).not.toContain('hunter');
    const shown = Object.fromEntries(config.values.map(({ path, value }) => [path, value]));
    expect(shown).toMatchObject({ token: '[secret]', 'same.$ref': './token', 'creds.all[0].key': '[secret]', 'a.url': 'u', 'a.token.$ref': '/same', 'b.c.token.$ref': '../creds/all', place: 'zoo' });
  });

  test('a secret that refers to itself is no endless loop', () => {
    const { definitions } = world();
    expect(composeConfig({ a: { $model: 'client', token: { $ref: '/b' } }, b: { $ref: '/c' }, c: { $ref: '/b' } }, { definitions }).values).toHaveLength(4);
  });

  test('a model with a secret prints without it', () => {
    const { definitions } = world();
    const model = loadConfig({ c: { $model: 'client', url: 'u', token: 'hunter2' } }, { definitions }).get('/c');
    expect(inspect(model)).not.toContain('hunter2');
  });
});
