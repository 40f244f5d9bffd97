// Definitions that two processes import: the one that writes a document and the one that reads it.
import { contextTransform, Dependency, flowModel, FromContext, Lazy } from '@flowmodel/core';
import { z } from 'zod';

export const multiply = flowModel({ name: 'carried.multiply', inputs: { multiplier: z.number(), value: FromContext(z.number()) } }, ({ multiplier, value }) => multiplier * value);

/** value = b + by */
export const plus = contextTransform({ name: 'carried.plus', inputs: { b: FromContext(z.number()), by: z.number() }, patches: { value: z.number() } }, ({ b, by }) => ({ value: b + by }));

export const add = flowModel({ name: 'carried.add', inputs: { a: z.number(), b: FromContext(z.number()) } }, ({ a, b }) => a + b);
export const both = flowModel({ name: 'carried.both', inputs: { left: z.number(), right: z.number() } }, ({ left, right }) => left + right);
export const choice = flowModel({ name: 'carried.choice', inputs: { fallback: Lazy(z.number()), use: FromContext(z.boolean()) } }, ({ fallback, use }) => (use ? fallback.sync() : 0));
export const total = flowModel({ name: 'carried.total', inputs: { parts: Dependency(z.record(z.string(), z.array(z.number()))) } }, ({ parts }) => Object.values(parts).flat().reduce((sum, part) => sum + part, 0));
