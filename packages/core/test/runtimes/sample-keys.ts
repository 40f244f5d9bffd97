// Keys that have to be the same wherever they are made. The version is explicit, since a bundler changes source texts.
import { defaultHasher, flowModel, FromContext, keyOf } from '@flowmodel/core';
import { z } from 'zod';

const load = flowModel(
  { name: 'load of sample keys', replace: true, codeVersion: 'explicit', version: '1', inputs: { from: z.unknown(), day: FromContext(z.date()), place: FromContext(z.string()) } },
  () => 1,
);

const values: readonly unknown[] = [
  1,
  -0,
  0.1,
  1e21,
  Number.NaN,
  10n ** 100n,
  'é\u{1F600}',
  '\uD800 is half of a pair',
  'x'.repeat(1_000),
  { b: [1, , 3], a: { 10: null, 9: true }, é: 'x'.repeat(300) }, // oxlint-disable-line no-sparse-arrays -- meant
  new Map<unknown, unknown>([[1, 'a'], ['1', { deep: [new Date(0)] }]]),
  new Set(['b', 'a', { c: 1 }]),
  new Uint8Array([0, 127, 128, 255]),
  new Float64Array([0.1, -0, Infinity]),
  new DataView(new ArrayBuffer(3)),
  /[\u{1F600}]\/x/giu,
  new URL('http://example.org/ä?q=1#top'),
  Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}`, share: id / 7 })),
];

export const sampleKeys = (): readonly string[] => [
  ...values.map((from) => keyOf(load({ from }), { day: new Date(1_700_000_000_000), place: 'Zürich' })),
  ...['', 'abc', 'é', '\uDC00', '\uFFFD'].map((text) => defaultHasher.text(text)),
];
