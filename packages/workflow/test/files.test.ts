import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { flowModel, ModelRegistry } from '@flowmodel/core';
import { compileWorkflow, compileWorkflowFile } from '@flowmodel/workflow';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { models, refusal } from './models.ts';

let base: string;
let root: string;

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'workflow-')));
  root = join(base, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(path: string, content: string | object): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const leaf = (value: unknown) => ({ nodes: [{ id: 'n', type: 'echo', params: { value } }], outputs: { out: { source: '${n}' } } });
const referring = (reference: string, params: object = {}) => ({ nodes: [{ id: 'n', type: 'workflow', params: { workflow_ref: reference, ...params } }], outputs: { out: { source: '${n.out}' } } });

describe('NW3, NW4 references', () => {
  test('NW4 they start from the file of the referring document', async () => {
    const { definitions } = models();
    write('child/child.yaml', "nodes: [{ id: n, type: echo, params: { value: from YAML } }]\noutputs: { out: { source: '${n}' } }");
    write('parent/other.json', referring('../child/child.yaml'));
    const main = write('parent/main.json', referring('./other.json'));
    const model = compileWorkflowFile(main, { definitions, root });
    expect((await model.flow.compute()).value).toEqual({ out: 'from YAML' });
  });

  test('NW4 without a file they start from the root', async () => {
    const { run } = models();
    write('a/child.json', leaf(1));
    expect(await run(referring('a/child.json'), {}, { root })).toEqual({ out: 1 });
  });

  test('problems are told document by document, the outermost first and the others as they are met, each from top to bottom', () => {
    const { definitions } = models();
    write('grandchild.yaml', '\n\nnodes:\n  - { id: g, type: none }');
    write('child.yaml', 'nodes:\n  - { id: a, type: none }\n  - { id: b, type: workflow, params: { workflow_ref: grandchild.yaml } }\n  - { id: c, type: none }');
    const inline = '{ nodes: [{ id: i, type: none }] }';
    const main = write('main.yaml', `nodes:
  - { id: n, type: workflow, params: { workflow_ref: child.yaml } }
  - { id: m, type: workflow, params: { workflow_ir: ${inline} } }
  - { id: o, type: workflow, params: { workflow_ref: grandchild.yaml } }
  - { id: p, type: none }
outputs: { out: { source: '\${nowhere}' } }`);
    const { issues } = refusal(() => compileWorkflowFile(main, { definitions, root }));
    expect(issues.map(({ file, line }) => `${relative(root, file!)}:${line}`)).toEqual(['main.yaml#<inline>:3', 'main.yaml:5', 'main.yaml:6', 'child.yaml:2', 'child.yaml:4', 'grandchild.yaml:4']);
  });

  test('NW3 a missing file and a malformed one are told where they are referred to, and where they are malformed', () => {
    const { compile } = models();
    write('broken.yaml', 'nodes:\n  - { id: a');
    write('wrong.yaml', 'nodes:\n  - { id: a, type: none }');
    const document = { nodes: ['nowhere.yaml', 'broken.yaml', 'wrong.yaml'].map((workflow_ref, i) => ({ id: `n${i}`, type: 'workflow', params: { workflow_ref } })) };
    const { issues } = refusal(() => compile(document, { root }));
    expect(issues.map(({ phase, file, line, at }) => [phase, file, line, at.join('.')])).toEqual(
      expect.arrayContaining([
        ['load', undefined, undefined, 'nodes.0.params.workflow_ref'],
        ['parse', 'broken.yaml', 2, ''],
        ['compile', 'wrong.yaml', 2, 'nodes.0.type'],
      ]),
    );
  });

  test('a grandchild in a file is validated before anything runs', () => {
    const { compile, ran } = models();
    write('grandchild.json', { nodes: [{ id: 'x', type: 'shout', params: { text: 1 } }] });
    write('child.json', { nodes: [{ id: 'a', type: 'echo', params: { value: 1 } }, { id: 'b', type: 'workflow', params: { workflow_ref: 'grandchild.json' } }] });
    const { issues } = refusal(() => compile({ nodes: [{ id: 'first', type: 'echo', params: { value: 1 } }, ...referring('child.json').nodes] }, { root }));
    expect(issues).toMatchObject([{ file: 'grandchild.json', message: expect.stringContaining('expected string, received number') }]);
    expect(ran).toEqual([]);
  });
});

describe('C6, NW42 files outside the root are never read', () => {
  test.each([
    ['../secret.json', 'leads out of the root'],
    ['a/../../secret.json', 'leads out of the root'],
    ['../../../../../../etc/hostname', 'leads out of the root'],
    ['..', 'leads out of the root'],
    ['/etc/passwd', 'is an absolute path'],
    ['C:/Windows/win.ini', 'is an absolute path'],
    ['C:secret', 'is an absolute path'],
    ['file:///etc/passwd', 'is a URL'],
    ['https://example.com/w.yaml', 'is a URL'],
    ['\\\\server\\share\\w.json', 'holds a backslash'],
    ['..\\secret.json', 'holds a backslash'],
    ['child.json\0.yaml', 'holds a NUL character'],
  ])('%j is refused', (reference, why) => {
    const { compile } = models();
    writeFileSync(join(base, 'secret.json'), JSON.stringify(leaf('TOP SECRET')));
    const error = refusal(() => compile(referring(reference), { root }));
    expect(error.phase).toBe('load');
    expect(error.message).toContain(why);
    expect(error.message).not.toContain(base);
  });

  test.each(['../secret.json', '/etc/passwd', 'link.json'])('%s is thrown also where the node routes its failures', (reference) => {
    const { compile } = models();
    writeFileSync(join(base, 'secret.json'), JSON.stringify(leaf(1)));
    symlinkSync(join(base, 'secret.json'), join(root, 'link.json'));
    const document = { nodes: [{ ...referring(reference, { error_action: 'failed' }).nodes[0] }], outputs: { e: { source: '${n.error.message}' } } };
    expect(refusal(() => compile(document, { root })).phase).toBe('load');
  });

  test('symbolic links are followed only inside the root', async () => {
    const { compile, run } = models();
    writeFileSync(join(base, 'secret.json'), JSON.stringify(leaf('TOP SECRET')));
    mkdirSync(join(base, 'outside'));
    writeFileSync(join(base, 'outside', 'child.json'), JSON.stringify(leaf('TOP SECRET')));
    write('inside/child.json', leaf('inside'));
    symlinkSync(join(base, 'secret.json'), join(root, 'file-link.json'));
    symlinkSync(join(base, 'outside'), join(root, 'folder-link'));
    symlinkSync(join(root, 'inside'), join(root, 'good-link'));
    symlinkSync('loop.json', join(root, 'loop.json'));
    for (const reference of ['file-link.json', 'folder-link/child.json']) expect(refusal(() => compile(referring(reference), { root })).message).toContain('leads out of the root directory by a symbolic link');
    expect(refusal(() => compile(referring('loop.json'), { root })).message).toContain('circle of symbolic links');
    expect(await run(referring('good-link/child.json'), {}, { root })).toEqual({ out: 'inside' });
  });

  test('a root that is a link itself works; `..` inside the root too', async () => {
    const { run } = models();
    write('a/b/child.json', referring('../../sibling.json'));
    write('sibling.json', leaf('found'));
    symlinkSync(root, join(base, 'root-link'));
    expect(await run(referring('a/b/child.json'), {}, { root: join(base, 'root-link') })).toEqual({ out: 'found' });
  });

  test('what is no document is not shown', () => {
    const { compile } = models();
    write('passwd', 'root:x:0:0:TOPSECRET\nother: TOPSECRET: x');
    write('values.yaml', 'password: TOPSECRET');
    for (const reference of ['passwd', 'values.yaml']) expect(refusal(() => compile(referring(reference), { root })).message).not.toContain('TOPSECRET');
  });

  test('folders, pipes, binary files and large files are refused, and nothing hangs', () => {
    const { compile } = models();
    mkdirSync(join(root, 'folder.json'));
    execFileSync('mkfifo', [join(root, 'pipe.json')]);
    writeFileSync(join(root, 'binary.json'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    write('large.json', '');
    truncateSync(join(root, 'large.json'), 3 * 1024 * 1024 * 1024);
    const messageOf = (reference: string, options: object = {}): string => refusal(() => compile(referring(reference), { root, ...options })).message;
    expect(messageOf('folder.json')).toContain('is not a file');
    expect(messageOf('pipe.json')).toContain('is not a file');
    expect(messageOf('binary.json')).toContain('is not UTF-8 text');
    expect(messageOf('large.json')).toContain('is larger than 1048576 bytes');
    write('small.json', leaf(1));
    expect(messageOf('small.json', { maxFileBytes: 20 })).toContain('is larger than 20 bytes');
    expect(statSync(join(root, 'large.json')).size).toBeGreaterThan(2 ** 31);
  });
});

describe('NW41 circles', () => {
  test('NW41 a file that refers to itself', () => {
    const { definitions } = models();
    const main = write('self.json', referring('self.json'));
    const error = refusal(() => compileWorkflowFile(main, { definitions }));
    expect(error.phase).toBe('cycle');
    expect(error.message).toContain(`${main} -> ${main}`);
  });

  test('NW41 over several files, with the chain', () => {
    const { compile } = models();
    write('a.json', referring('b.json'));
    write('b.json', referring('folder/c.json'));
    write('folder/c.json', referring('../a.json'));
    expect(refusal(() => compile(referring('a.json'), { root })).message).toContain('<inline> -> a.json -> b.json -> folder/c.json -> a.json');
  });

  test('NW41 through an inline child, and by a symbolic link', () => {
    const { compile } = models();
    write('a.json', { nodes: [{ id: 'n', type: 'workflow', params: { workflow_ir: referring('link.json') } }], outputs: { out: { source: '${n.out}' } } });
    symlinkSync('a.json', join(root, 'link.json'));
    expect(refusal(() => compile(referring('a.json'), { root }))).toMatchObject({ phase: 'cycle' });
  });

  test('NW41 the same content in the same folder is the same document, whatever it is called', () => {
    const { compile } = models();
    write('copy.json', referring('copy.json'));
    const error = refusal(() => compile(referring('copy.json'), { root }));
    expect(error.phase).toBe('cycle');
    expect(error.message).toContain('contain itself: <inline> -> copy.json.'); // and not only where that one refers to itself
  });

  test('NW41 the same child twice is no circle', async () => {
    const { run } = models();
    write('leaf.json', leaf(1));
    write('a.json', referring('leaf.json'));
    write('b.json', referring('leaf.json'));
    const nodes = ['a.json', 'b.json', 'leaf.json'].map((workflow_ref, i) => ({ id: `n${i}`, type: 'workflow', params: { workflow_ref } }));
    expect(await run({ nodes, outputs: { all: { source: '${n0.out}${n1.out}${n2.out}' } } }, {}, { root })).toEqual({ all: '111' });
  });
});

describe('C7, NW43 compiled children are used again', () => {
  const childNodes = (model: unknown): unknown => (model as { inputs: { outputs: { out: unknown } } }).inputs.outputs.out;

  test('the same content in the same file is compiled once; the models are the same objects', () => {
    const { compile } = models();
    write('leaf.json', leaf(1));
    const document = { nodes: ['n0', 'n1'].map((id) => ({ id, type: 'workflow', params: { workflow_ref: 'leaf.json' } })), outputs: { out: { source: '${n0.out}' } } };
    const base = (model: unknown): unknown => (childNodes(model) as { base: unknown }).base;
    const [first, second] = [compile(document, { root }), compile(document, { root })];
    expect(base(first)).toBe(base(second));
  });

  test('a changed file is compiled anew, also below', async () => {
    const { compile, run } = models();
    write('leaf.json', leaf('old'));
    write('middle.json', referring('leaf.json'));
    const before = compile(referring('middle.json'), { root });
    write('leaf.json', leaf('new'));
    expect(await run(referring('middle.json'), {}, { root })).toEqual({ out: 'new' });
    // what was compiled stays what it was
    expect((await before.flow.compute()).value).toEqual({ out: 'old' });
  });

  test('a file that became invalid, or went away, is not served from before', () => {
    const { compile } = models();
    const file = write('leaf.json', leaf('old'));
    write('middle.json', referring('leaf.json'));
    compile(referring('middle.json'), { root });
    write('leaf.json', { nodes: [{ id: 'n', type: 'none' }] });
    expect(refusal(() => compile(referring('middle.json'), { root })).phase).toBe('compile');
    rmSync(file);
    expect(refusal(() => compile(referring('middle.json'), { root })).phase).toBe('load');
  });

  test('the depth and the circle of each use are checked, however it was compiled before', () => {
    const { compile } = models();
    write('leaf.json', leaf(1));
    write('middle.json', referring('leaf.json', { max_depth: 2 }));
    write('outer.json', referring('middle.json'));
    expect(() => compile(referring('middle.json'), { root })).not.toThrow();
    expect(refusal(() => compile(referring('outer.json'), { root })).phase).toBe('depth');

    write('b.json', referring('leaf.json', { max_depth: 3 }));
    write('a.json', referring('b.json'));
    write('deeper.json', referring('a.json'));
    expect(() => compile(referring('a.json'), { root })).not.toThrow(); // a at 1, b at 2
    expect(refusal(() => compile(referring('deeper.json'), { root })).message).toContain('nesting depth (3) exceeded: this node stands at depth 3');
    expect(() => compile(referring('b.json'), { root })).not.toThrow();

    const text = JSON.stringify(referring('b.json')); // for the file that b.json refers to: not what stands there
    expect(() => compile(text, { root, file: join(root, 'other.json') })).not.toThrow();
    expect(refusal(() => compile(text, { root, file: join(root, 'leaf.json') })).message).toMatch(/contain itself: .*leaf\.json -> .*b\.json -> .*leaf\.json\.$/);
  });

  test('definitions that were replaced are used', async () => {
    const { definitions, run } = models();
    write('leaf.json', leaf(1));
    expect(await run(referring('leaf.json'), {}, { root })).toEqual({ out: 1 });
    flowModel({ name: 'echo', definitions, replace: true, inputs: { value: z.unknown() } }, () => 'replaced');
    expect(await run(referring('leaf.json'), {}, { root })).toEqual({ out: 'replaced' });
  });

  test('a changed file is compiled anew, also below a batch', async () => {
    const { run } = models();
    write('leaf.json', leaf('old'));
    write('middle.json', { nodes: [{ id: 'n', type: 'workflow', batch: { items: [1] }, params: { workflow_ref: 'leaf.json' } }], outputs: { out: { source: '${n.results[0].out}' } } });
    expect(await run(referring('middle.json'), {}, { root })).toEqual({ out: 'old' });
    write('leaf.json', leaf('new'));
    expect(await run(referring('middle.json'), {}, { root })).toEqual({ out: 'new' });
  });

  test('an instance that was replaced is used', async () => {
    const { definitions, run } = models();
    const echo = flowModel({ name: 'named', definitions, inputs: { value: z.string() } }, ({ value }) => value);
    const registry = new ModelRegistry().set('/it', echo({ value: 'old' }));
    write('middle.json', { nodes: [{ id: 'n', type: '/it' }], outputs: { out: { source: '${n}' } } });
    expect(await run(referring('middle.json'), {}, { root, registry })).toEqual({ out: 'old' });
    registry.delete('/it');
    registry.set('/it', echo({ value: 'new' }));
    expect(await run(referring('middle.json'), {}, { root, registry })).toEqual({ out: 'new' });
  });

  test('a failure that was routed is not kept: the missing file may be there next time', async () => {
    const { run } = models();
    const nodes = [{ id: 'n', type: 'workflow', params: { workflow_ref: 'late.json', error_action: 'lost' } }, { id: 'why', type: 'echo', params: { value: '${n.error.phase}' } }];
    write('middle.json', { nodes, outputs: { out: { source: { $value: '${why}', default: 'found' } } } });
    expect(await run(referring('middle.json'), {}, { root })).toEqual({ out: 'load' });
    write('late.json', leaf(1));
    expect(await run(referring('middle.json'), {}, { root })).toEqual({ out: 'found' });
  });

  test('registries do not share', async () => {
    write('leaf.json', leaf(1));
    const one = models();
    const two = models();
    await one.run(referring('leaf.json'), {}, { root });
    await two.run(referring('leaf.json'), {}, { root });
    expect([one.ran, two.ran]).toEqual([['echo'], ['echo']]);
  });

  test('different children of one node id are not mixed up', async () => {
    const { run } = models();
    write('a.json', leaf('a'));
    write('b.json', leaf('b'));
    expect(await run(referring('a.json'), {}, { root })).toEqual({ out: 'a' });
    expect(await run(referring('b.json'), {}, { root })).toEqual({ out: 'b' });
  });
});

describe('the outermost file', () => {
  test('it is named in errors as it was given', () => {
    const { definitions } = models();
    const main = write('main.yaml', 'nodes:\n  - { id: a, type: none }');
    expect(refusal(() => compileWorkflowFile(main, { definitions })).message).toContain(`${main}:2:`);
    expect(refusal(() => compileWorkflowFile(join(root, 'gone.yaml'), { definitions })).phase).toBe('load');
    expect(refusal(() => compileWorkflow({ nodes: [] }, { root: join(root, 'gone') })).phase).toBe('parse');
    expect(refusal(() => compileWorkflow(leaf(1), { definitions, root: join(root, 'gone') })).phase).toBe('load');
  });

  test('its children are named from where it was given, also when they are compiled again under another name', () => {
    const { definitions } = models();
    write('child.yaml', "inputs: { idle: {} }\nnodes: [{ id: n, type: echo, params: { value: 1 } }]\noutputs: { out: { source: '${n}' } }");
    const text = JSON.stringify(referring('../child.yaml', { param_mapping: { idle: 1 } }));
    const main = write('flows/main.json', text);
    const namedIn = (file: string): (string | undefined)[] => {
      const named: (string | undefined)[] = [];
      compileWorkflow(text, { definitions, root, file, onWarning: (warning) => named.push(warning.file) });
      return named;
    };
    expect(namedIn(main)).toEqual([join(root, 'child.yaml')]);
    expect(namedIn(relative(process.cwd(), main))).toEqual([relative(process.cwd(), join(root, 'child.yaml'))]);
    write('child.yaml', 'nodes: [{ id: n, type: none }]');
    expect(refusal(() => compileWorkflowFile(main, { definitions, root })).issues).toMatchObject([{ file: join(root, 'child.yaml'), line: 1 }]);
  });
});
