/** What the makers of caches are given. */
import { FlowError } from '@flowmodel/core';

/** Throws DEFINITION for options that are none. `codecs` is checked wherever it is given. */
export function checkOptions(maker: string, options: unknown, names: readonly string[], positive: readonly string[] = []): void {
  const fail = (problem: string): never => {
    throw new FlowError('DEFINITION', `${maker}: ${problem}`);
  };
  if (typeof options !== 'object' || options === null) fail(`expected an options object, got ${String(options).slice(0, 100)}.`);
  for (const [name, value] of Object.entries(options as Readonly<Record<string, { readonly of?: unknown } | null | undefined>>)) {
    if (!names.includes(name)) fail(`there is no option '${name.slice(0, 100)}'. Options are ${names.join(', ')}.`);
    if (value === undefined) continue;
    if (positive.includes(name) && !(Number.isSafeInteger(value) && Number(value) > 0)) fail(`'${name}' is a positive integer, got ${typeof value === 'object' ? 'an object' : String(value)}. Leave it out for no limit.`);
    if (name === 'codecs' && typeof value?.of !== 'function') fail("'codecs' is a CodecRegistry. Leave it out for the process-wide one.");
  }
}
