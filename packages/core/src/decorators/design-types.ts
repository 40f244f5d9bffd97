/** Schemas from the types that a compiler leaves for reflect-metadata. The package is never imported: the application does that. */
import { z } from 'zod';

interface WithMetadata {
  getMetadata?(key: string, target: object, name: string | symbol): unknown;
}

/** Whether the application has imported reflect-metadata. */
export const hasReflection = (): boolean => typeof (Reflect as WithMetadata).getMetadata === 'function';

/** The types of a static method's parameters; undefined where none were left. */
export function designTypes(Class: object, name: PropertyKey): readonly unknown[] | undefined {
  const types = (Reflect as WithMetadata).getMetadata?.('design:paramtypes', Class, name as string | symbol);
  return Array.isArray(types) ? (types as unknown[]) : undefined;
}

const SCHEMAS = new Map<unknown, () => z.ZodType>([
  [Number, () => z.number()],
  [String, () => z.string()],
  [Boolean, () => z.boolean()],
  [Date, () => z.date()],
  [BigInt, () => z.bigint()],
  [Symbol, () => z.symbol()],
  [Array, () => z.array(z.unknown())],
  [Object, () => z.unknown()], // interfaces, unions, `unknown`: the compiler leaves no more than this
  [Function, () => z.custom((value) => typeof value === 'function', 'Expected a function')],
]);

/** Undefined for a type that does not exist at run time. */
export function schemaOfType(type: unknown): z.ZodType | undefined {
  const known = SCHEMAS.get(type);
  if (known !== undefined) return known();
  return typeof type === 'function' ? z.instanceof(type as never) : undefined;
}
