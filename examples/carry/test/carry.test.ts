import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { bill, Money, usage, yearEarlier } from '../src/definitions.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts processes

function program(name: string, args: readonly string[], input = '') {
  const path = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@flowmodel/source', path, ...args], { encoding: 'utf8', input });
  return { status, stdout, stderr };
}

const planned = (): string => program('plan', ['--meter', '1174', '--price', '0.31']).stdout;

test('what one process wires, another computes: the same as in one', () => {
  const measured = usage({ meter: 1174 });
  const model = bill({ usage: measured, usageBefore: measured.flow.withContext(yearEarlier()), price: new Money(31n, 'EUR') });
  const { value } = model.flow.computeSync({ from: new Date('2024-06-01'), to: new Date('2024-07-01') });
  const { status, stdout, stderr } = program('bill', ['2024-06-01', '2024-07-01'], planned());
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe(`${(model as { toString(): string }).toString()}\n${value}\n`);
});

test('the document is readable, and holds the meter once', () => {
  const document = JSON.parse(planned()) as { nodes: Record<string, object> };
  expect(Object.keys(document.nodes)).toEqual(['carry.bill', 'carry.usage', 'carry.usage.withContext']);
  expect(document.nodes['carry.usage']).toEqual({ model: 'carry.usage', inputs: { meter: 1174 } });
  expect(document.nodes['carry.bill']).toMatchObject({ inputs: { price: { $class: 'Money', data: { cents: { $bigint: '31' }, currency: 'EUR' } } } });
});

test.for([
  [['--meter', 'south'], /^carry\.usage, input 'meter': expected number, got NaN .*\n$/],
  [['--price', 'much'], /NaN cannot be converted to a BigInt.*\n$/],
  [['--metre', '5'], /^Unknown option '--metre'/],
] as const)('arguments that are none are answered by one line: %o', ([args, message]) => {
  const { status, stdout, stderr } = program('plan', args);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('    at ');
});

test.for([
  [31n, '0.31 EUR'],
  [-12121n, '-121.21 EUR'],
  [-5n, '-0.05 EUR'],
] as const)('money of %i cents is written %s', ([cents, text]) => {
  expect(new Money(cents, 'EUR').toString()).toBe(text);
});

describe('a document that was changed', () => {
  test('computes what it says now', () => {
    const { stdout } = program('bill', ['2024-06-01', '2024-07-01'], planned().replace('1174', '1175'));
    expect(stdout).not.toBe(program('bill', ['2024-06-01', '2024-07-01'], planned()).stdout);
    expect(stdout).toContain('EUR');
  });

  test.for([
    ['an unknown definition', '"model": "carry.usage"', '"model": "carry.useage"', "Did you mean 'carry.usage'"],
    ['a node that refers to itself', '"$node": "carry.usage"', '"$node": "carry.bill"', 'carry.bill → carry.bill'],
    ['a meter that is none', '1174', '"south"', 'meter'],
    ['a price that is none', '"31"', '31', '$bigint'],
  ])('is refused: %s', ([, from, to, message]) => {
    const text = planned();
    expect(text).toContain(from);
    const { status, stdout, stderr } = program('bill', ['2024-06-01', '2024-07-01'], text.replace(from!, to!));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^DESERIALIZE: /);
    expect(stderr).toContain(message);
  });
});
