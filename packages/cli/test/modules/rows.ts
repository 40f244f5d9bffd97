/** The models that rows.yaml names. */
import { flowModel } from '@flowmodel/core';
import { z } from 'zod';

export const load = flowModel({ name: 'load', inputs: { file: z.string() } }, ({ file }) => ({ rows: file.length }));
export const sum = flowModel({ name: 'sum', inputs: { a: z.number(), b: z.number() } }, ({ a, b }) => a + b);
