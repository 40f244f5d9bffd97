/** What every cache of results has to do, one rule after the other. */
import { flowModel, GenericResult } from '@flowmodel/core';
import type { ResultCache } from '@flowmodel/core';
import { ENDS, holding, missing, shown, Violation } from './subject.ts';
import type { Subject } from './subject.ts';

export interface Rule {
  readonly name: string;
  /** Rejects where the rule is broken. `cache` is new and empty. */
  check(cache: Subject): Promise<void>;
}

const hash = (letter: string): string => letter.repeat(64);

/** Keys are made of letters, digits, `-`, `_`, `+`, `/` and `=`, as hashers yield them. */
const LIKE_EACH_OTHER = ['a', 'A', 'aa', 'a=', '1', '01', '1e0', '-1', '+1', 'a/b', 'a_b', 'a-b', 'a+b', '__proto__', 'constructor', 'toString', 'null', 'undefined', `${hash('0')}a`, `${hash('0')}A`, `${hash('0')}b`, hash('0')];

const EMPTY: readonly unknown[] = [undefined, null, false, 0, '', Number.NaN];

const KINDS: readonly unknown[] = [
  -0,
  0.1 + 0.2,
  Number.POSITIVE_INFINITY,
  2n ** 80n,
  'line\nbreak, null \0, quote " and \\, 漢字 😀 \ud800',
  { b: 1, a: [undefined, null, { nested: true }], $date: 'no date', '': 0 },
  [1, , 3], // oxlint-disable-line no-sparse-arrays -- holes are data too
  new Date(1e12),
  new Date(Number.NaN),
  new Map<unknown, unknown>([['b', 1], ['a', new Set([1, '1'])], [{ key: true }, null]]),
  new URL('https://example.org/a?b=c#d'),
  /a+/gi,
  new Uint8Array([0, 127, 255]),
  new Float64Array([0.5, -0]),
  new GenericResult({ boxed: [1n] }),
];

const SOURCES = ['', 'a', '"quoted"@1|n=3;', 'null \0, line\nbreak, 漢字 😀 \ud800', 'x'.repeat(10_000)];

export const rules: readonly Rule[] = [
  {
    name: 'a new cache is empty',
    async check(cache) {
      missing('get of a key that was never set', await cache.get(hash('a')));
      for (const entry of await cache.getMany([hash('a'), hash('b')])) missing('getMany of keys that were never set', entry);
    },
  },
  {
    name: 'what is set is a hit',
    async check(cache) {
      await cache.set(hash('a'), { n: 1 }, 'source');
      holding('get after set', await cache.get(hash('a')), { n: 1 });
      holding('get once more', await cache.get(hash('a')), { n: 1 });
    },
  },
  {
    name: 'undefined, null and other empty values are hits',
    check: async (cache) => eachComesBack(cache, EMPTY),
  },
  {
    name: 'values come back as they were',
    check: async (cache) => eachComesBack(cache, KINDS),
  },
  {
    name: 'large values come back whole',
    async check(cache) {
      const large = Array.from({ length: 20_000 }, (_, i) => `row ${i} ${'.'.repeat(i % 80)}`);
      await cache.set(hash('a'), large);
      holding('a value of a megabyte', await cache.get(hash('a')), large);
    },
  },
  {
    name: 'the source comes back exactly',
    async check(cache) {
      for (const [i, source] of SOURCES.entries()) await cache.set(`key${i}`, i, source);
      await cache.set('none', 0);
      for (const [i, source] of SOURCES.entries()) {
        const found = (await cache.get(`key${i}`))?.source;
        if (found !== source) throw new Violation(`expected the source ${JSON.stringify(shown(source))}, got ${JSON.stringify(found)?.slice(0, 100)}`);
      }
      const none = (await cache.get('none'))?.source;
      if (none !== undefined) throw new Violation(`expected no source where none was given, got ${JSON.stringify(none)}`);
    },
  },
  {
    name: 'a later entry takes the place of an earlier one',
    async check(cache) {
      for (const n of [1, 2, 3]) await cache.set(hash('a'), n, `source ${n}`);
      const entry = await cache.get(hash('a'));
      holding('get after three sets', entry, 3);
      if (entry?.source !== 'source 3') throw new Violation(`expected the source of the last, got ${entry?.source}`);
    },
  },
  {
    name: 'keys are told apart',
    async check(cache) {
      for (const key of LIKE_EACH_OTHER) missing(`get('${shown(key)}') before it is set`, await cache.get(key));
      for (const [i, key] of LIKE_EACH_OTHER.entries()) await cache.set(key, i);
      for (const [i, key] of LIKE_EACH_OTHER.entries()) holding(`get('${key}')`, await cache.get(key), i);
    },
  },
  {
    name: 'delete removes one entry and no other',
    async check(cache) {
      for (const letter of 'abc') await cache.set(hash(letter), letter);
      await cache.delete(hash('b'));
      await cache.delete(hash('d')); // was never there
      missing('get after delete', await cache.get(hash('b')));
      for (const letter of 'ac') holding('what was not deleted', await cache.get(hash(letter)), letter);
      await cache.set(hash('b'), 'again');
      holding('what was deleted and set again', await cache.get(hash('b')), 'again');
    },
  },
  {
    name: 'clear removes every entry',
    async check(cache) {
      for (const letter of 'abc') await cache.set(hash(letter), letter);
      await cache.clear();
      for (const letter of 'abc') missing('get after clear', await cache.get(hash(letter)));
      await cache.set(hash('a'), 'again');
      holding('what is set after clear', await cache.get(hash('a')), 'again');
    },
  },
  {
    name: 'getMany answers in the order of the keys',
    async check(cache) {
      const keys = Array.from({ length: 200 }, (_, i) => `${hash('0').slice(String(i).length)}${i}`);
      for (const [i, key] of keys.entries()) if (i % 3 !== 0) await cache.set(key, i, `source ${i}`);
      const asked = [...keys.toReversed(), keys[1]!, keys[0]!, keys[1]!];
      const found = await cache.getMany(asked);
      for (const [at, key] of asked.entries()) {
        const i = keys.indexOf(key);
        const what = `getMany, key ${at} of ${asked.length}`;
        if (i % 3 === 0) missing(what, found[at]);
        else holding(what, found[at], i);
        if (found[at] !== undefined && found[at].source !== `source ${i}`) throw new Violation(`${what}: expected 'source ${i}', got ${found[at].source}`);
      }
      await cache.getMany([]);
    },
  },
  {
    name: 'operations at the same time do not mix',
    async check(cache) {
      const numbers = Array.from({ length: 50 }, (_, i) => i);
      await Promise.all(numbers.map(async (i) => cache.set(`key${i}`, { i })));
      const found = await Promise.all(numbers.map(async (i) => (i % 10 === 0 ? (await cache.getMany([`key${i}`]))[0] : cache.get(`key${i}`))));
      for (const i of numbers) holding(`get('key${i}') beside others`, found[i], { i });
    },
  },
  {
    name: 'what cannot be kept is refused',
    async check(cache) {
      const value = { keep: (): number => 1 };
      try {
        await cache.set(hash('a'), value);
      } catch (error) {
        if (error instanceof Violation) throw error;
      }
      const entry = await cache.get(hash('a')); // kept as it is, or not at all
      if (entry !== undefined && (entry.value as Partial<typeof value> | undefined)?.keep !== value.keep) throw new Violation('a value with a function came back as something else');
    },
  },
  {
    name: 'a second run computes nothing',
    async check(cache) {
      let runs = 0;
      const model = flowModel({ inputs: {} }, () => ({ runs: ++runs, at: new Date(0) }))();
      const stores: Promise<void>[] = [];
      const problems: unknown[] = [];
      const observer = { warning: ({ message }: { readonly message: string }) => void problems.push(message) };
      for (let i = 0; i < 2; i++) {
        const { value } = await cache.inTime('compute', async () => model.flow.compute({}, { cache: listening(cache.cache, stores), observer }));
        await cache.inTime('set', async () => Promise.all(stores));
        if (runs !== 1 || value.runs !== 1 || value.at.getTime() !== 0) throw new Violation(`run ${i + 1} of the same model: its body has run ${runs} times${problems.length === 0 ? '' : `; ${problems.join('; ')}`}`);
      }
    },
  },
  {
    name: 'disposing of it twice is no error',
    async check(cache) {
      await cache.set(hash('a'), 1);
      await cache.dispose();
      await cache.dispose();
    },
  },
];

/** The same cache; runs do not wait for what they store, so its promises are kept. */
const listening = (cache: ResultCache, stores: Promise<void>[]): ResultCache => ({
  get: (key) => cache.get(key),
  delete: (key) => cache.delete(key),
  clear: () => cache.clear(),
  set(key, entry) {
    const stored = cache.set(key, entry);
    if (stored !== undefined) stores.push(stored);
    return stored;
  },
});

async function eachComesBack(cache: Subject, values: readonly unknown[]): Promise<void> {
  for (const [i, value] of values.entries()) {
    await cache.set(`key${i}`, value);
    holding(`value ${i}`, await cache.get(`key${i}`), value);
  }
  const found = await cache.getMany(values.map((_, i) => `key${i}`));
  for (const [i, value] of values.entries()) holding(`value ${i} by getMany`, found[i], value);
}

export const ruleNames: readonly string[] = Object.freeze([...rules.map(({ name }) => name), ENDS]);
