/** What the makers of caches are given. */
import { FlowError } from '@flowmodel/core';
import { assertKnown, show } from '@flowmodel/core/extending';

/** Throws DEFINITION for options that are none. `codecs` is checked wherever it is given. */
export function checkOptions(maker: string, options: unknown, names: readonly string[], positive: readonly string[] = []): void {
  assertKnown(maker, options, names);
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `${maker}: ${problem}`);
  };
  for (const [name, value] of Object.entries(options as Readonly<Record<string, { readonly of?: unknown } | null | undefined>>)) {
    if (value === undefined) continue;
    if (positive.includes(name) && !(Number.isSafeInteger(value) && Number(value) > 0)) fail(`'${name}' is a positive integer, got ${show(value)}. Leave it out for no limit.`);
    if (name === 'codecs' && typeof value?.of !== 'function') fail("'codecs' is a CodecRegistry. Leave it out for the process-wide one.");
  }
}
