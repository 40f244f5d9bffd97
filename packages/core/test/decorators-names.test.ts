// How the names of positional parameters are read from source text: an internal of decorators/, tested on purpose against many texts.
import { describe, expect, test } from 'vitest';
import { parametersIn } from '../src/decorators/parameter-names.ts';

const read = (source: string, name: PropertyKey = 'count') => parametersIn(source, name);

describe('the text of a method', () => {
  test.each([
    ['count() {}', []],
    ['count(a) {}', ['a']],
    ['count(a, b,) {}', ['a', 'b']],
    ['async count(a) {}', ['a']],
    ['async*count(a){}', ['a']],
    ['*count(a) {}', ['a']],
    ['count (\n  a,\n  // the second, with a )\n  b /* last (one, */\n) {}', ['a', 'b']],
    ['count(/* {, */ a) /* then */ {}', ['a']],
    ['function count(a, b) {}', ['a', 'b']],
    ['async function count(a) {}', ['a']],
    ['"count"(a) {}', ['a']],
    ["['count'](a) {}", ['a']],
    ['count($a, _b, größe, 数) {}', ['$a', '_b', 'größe', '数']],
  ])('%s', (source, names) => {
    expect(read(source)?.list).toEqual(names.map((text) => ({ kind: 'plain', text })));
  });

  test.each([
    ['count({ a, b: { c } }) {}', 'pattern'],
    ['count([a, b]) {}', 'pattern'],
    ['count(...rest) {}', 'rest'],
    ['count(a = 1) {}', 'default'],
    ['count(a = "),", b) {}', 'default'],
    ['count(a = `)${1}`) {}', 'default'],
    ["count(a = { b: ')' }) {}", 'default'],
    ['count({ a } = {}) {}', 'default'],
    ['count(a = (b, c) => [b, c]) {}', 'default'],
  ])('%s: %s', (source, kind) => {
    expect(read(source)?.list[0]?.kind).toBe(kind);
  });

  test.each(['function () { [native code] }', '(...args) => method(...args)', 'function (a, b) {}', 'function wrapper(a) {}', 'a => a', 'count => count', 'async (a) => a', 'class count {}', 'count(a', ''])('%s is not the text of count', (source) => {
    expect(read(source)).toBeUndefined();
  });

  test('of a symbol is known by its brackets', () => {
    expect(read('[Symbol.iterator](a) {}', Symbol.iterator)?.list).toEqual([{ kind: 'plain', text: 'a' }]);
  });
});

describe('the mark of a minifier', () => {
  test.each([
    ['count(t,e){return t}', true],
    ['async count(t){return t}', true],
    ['count(t, e) { return t }', false],
    ['count(a) {}', false],
    ['count(place,days){return 1}', false],
    ['count(){return 1}', false],
  ])('%s: %s', (source, looksMinified) => {
    expect(read(source)?.looksMinified).toBe(looksMinified);
  });
});
