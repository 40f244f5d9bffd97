// What a user has paid for decides which branch of the graph runs, and how many of a user's calls are at work at once. Users are a batch, their items one inside it.
import { batchModel } from '@flowmodel/batch';
import { flowModel, FromContext, Lazy } from '@flowmodel/core';
import { z } from 'zod';

const Tier = z.enum(['free', 'pro', 'enterprise']);

const premium = flowModel({ name: 'premium', inputs: { part: FromContext(z.string()), features: FromContext(z.array(z.string())) } }, async ({ part, features }) => `${part} with ${features.join(' and ')}`);
const standard = flowModel({ name: 'standard', inputs: { part: FromContext(z.string()) } }, async ({ part }) => `${part}, plain`);

const processPart = flowModel(
  { name: 'processPart', inputs: { tier: FromContext(Tier), premium: Lazy(z.string()), standard: Lazy(z.string()) } },
  async ({ tier, premium: withFeatures, standard: plain }) => (tier === 'enterprise' ? withFeatures() : plain()),
);

/** The inner batch: its items add to those of the outer one. */
const processUser = batchModel({
  name: 'processUser',
  inputs: { parts: FromContext(z.array(z.string())) },
  item: z.object({ part: z.string() }),
  params: ({ parts }) => parts.map((part) => ({ part })),
  each: processPart({ premium: premium(), standard: standard() }),
  concurrency: 2, // per user
});

const User = z.object({ id: z.number(), tier: Tier, features: z.array(z.string()), parts: z.array(z.string()) });

export const users = batchModel({
  name: 'users',
  inputs: { users: z.array(User) },
  item: z.object({ userId: z.number(), tier: Tier, features: z.array(z.string()), parts: z.array(z.string()) }),
  params: ({ users: all }) => all.map(({ id, ...more }) => ({ userId: id, ...more })),
  each: processUser(),
  concurrency: 3, // users at once: at most 3 × 2 calls
});

if (import.meta.main) {
  const { value } = await users({
    users: [
      { id: 1, tier: 'enterprise', features: ['search', 'export'], parts: ['inbox', 'archive'] },
      { id: 2, tier: 'free', features: [], parts: ['inbox'] },
    ],
  }).flow.compute();
  for (const user of value.results) {
    if (user.status === 'ok') console.log(`user ${user.params.userId}: ${user.value.results.map((part) => (part.status === 'ok' ? part.value : String(part.error))).join('; ')}`);
  }
}
