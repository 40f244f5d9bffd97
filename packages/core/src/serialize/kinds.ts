/** The built-in kinds, by class and by tag. */
import { byteKinds } from './byte-kinds.ts';
import { errorKinds } from './error-kinds.ts';
import type { Kind } from './kind.ts';
import { richKinds } from './rich-kinds.ts';

const kinds = [...richKinds, ...byteKinds, ...errorKinds];

export const kindsByPrototype: ReadonlyMap<object, Kind> = new Map(kinds.map((kind) => [kind.class.prototype, kind]));
export const kindsByTag: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [kind.tag, kind]));

/** Whether instances of a class are encoded without a codec. */
export const isBuiltIn = (prototype: object): boolean => kindsByPrototype.has(prototype) || prototype === Object.prototype || prototype === Array.prototype;
