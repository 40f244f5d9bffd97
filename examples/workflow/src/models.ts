/** The flow models that the documents name, in a registry of their own. */
import { DefinitionRegistry, flowModel } from '@flowmodel/core';
import { z } from 'zod';

export const definitions = new DefinitionRegistry();

flowModel({ name: 'convertFile', definitions, inputs: { file: z.string(), format: z.string() }, output: z.string() }, ({ file, format }) => `${file} as ${format}`);

flowModel(
  { name: 'describeRequest', definitions, inputs: { url: z.string(), timeout: z.number(), retry: z.number() }, output: z.string() },
  ({ url, timeout, retry }) => `GET ${url}, ${timeout} s, ${retry} retries`,
);

/** What a document writes in place of `when ? yes : no`. */
flowModel(
  { name: 'choose', definitions, inputs: { when: z.boolean(), yes: z.unknown(), no: z.unknown() } },
  ({ when, yes, no }) => (when ? yes : no),
);

flowModel(
  { name: 'search', definitions, inputs: { query: z.string(), limit: z.number(), filters: z.array(z.unknown()) }, output: z.string() },
  ({ query, limit, filters }) => `${limit} of '${query}' with ${filters.length} filters`,
);

flowModel({ name: 'scoreItem', definitions, inputs: { data: z.unknown() }, output: z.object({ severity: z.number() }) }, ({ data }) => ({ severity: JSON.stringify(data).length }));

flowModel(
  {
    name: 'fetchIssue',
    definitions,
    inputs: { repo: z.string(), number: z.number(), token: z.string().meta({ secret: true }), retry: z.number(), limit: z.number() },
    output: z.object({ title: z.string(), labels: z.array(z.string()) }),
  },
  ({ number }) => ({ title: `Issue ${number}`, labels: ['bug', 'urgent'] }),
);

/** Fails for the currency XXX, as a service that is down would. */
flowModel({ name: 'fetchRate', definitions, inputs: { currency: z.string() }, output: z.number() }, async ({ currency }) => {
  if (currency === 'XXX') throw new Error('the rate service is down');
  return 1.1;
});

flowModel({ name: 'lastKnownRate', definitions, inputs: { currency: z.string() }, output: z.number() }, () => 1.05);

flowModel(
  { name: 'multiply', definitions, inputs: { amount: z.number(), rate: z.number(), instead: z.number().nullable() }, output: z.number() },
  ({ amount, rate, instead }) => amount * (instead ?? rate),
);

flowModel({ name: 'shout', definitions, inputs: { text: z.string() }, output: z.string() }, ({ text }) => `${text}!`);
