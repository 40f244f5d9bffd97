// What a user has paid for decides which branch of the graph runs, and how many parts a minute. Users are a batch, their parts one inside it.
import { batchModel, throttle } from '@flowmodel/batch';
import type { Throttle } from '@flowmodel/batch';
import { flowModel, FromContext, Lazy } from '@flowmodel/core';
import type { Evaluator } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { z } from 'zod';

const Tier = z.enum(['free', 'pro', 'enterprise']);

const premium = flowModel({ name: 'premium', inputs: { part: FromContext(z.string()), features: FromContext(z.array(z.string())) } }, async ({ part, features }) => `${part} with ${features.join(' and ')}`);
const standard = flowModel({ name: 'standard', inputs: { part: FromContext(z.string()) } }, async ({ part }) => `${part}, plain`);

/** For all users of a tier together. */
const limits: Readonly<Record<z.infer<typeof Tier>, Throttle>> = {
  free: throttle({ rate: { limit: 1, interval: '1m' } }),
  pro: throttle({ rate: { limit: 2, interval: '1m' } }),
  enterprise: throttle({ rate: { limit: 100, interval: '1m' } }),
};

/** An evaluator that hands on to the one of the tier. */
const byTier: Evaluator = { name: 'byTier', transparent: true, evaluate: (evaluation, next) => limits[evaluation.inputs['tier'] as z.infer<typeof Tier>].evaluate(evaluation, next) };

const clock = virtualClock(); // a minute takes no time here

const processPart = flowModel(
  { name: 'processPart', inputs: { tier: FromContext(Tier), premium: Lazy(z.string()), standard: Lazy(z.string()) }, evaluator: byTier },
  async ({ tier, premium: withFeatures, standard: plain }) => `${await (tier === 'enterprise' ? withFeatures() : plain())} (minute ${clock.now() / 60_000})`,
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
  const run = users({
    users: [
      { id: 1, tier: 'enterprise', features: ['search', 'export'], parts: ['inbox', 'archive'] },
      { id: 2, tier: 'free', features: [], parts: ['inbox', 'archive', 'drafts'] },
      { id: 3, tier: 'pro', features: [], parts: ['inbox', 'archive', 'drafts'] },
    ],
  }).flow.compute({}, { clock });
  await clock.runAll();
  const { value } = await run;
  for (const user of value.results) {
    if (user.status === 'ok') console.log(`user ${user.params.userId}: ${user.value.results.map((part) => (part.status === 'ok' ? part.value : String(part.error))).join('; ')}`);
  }
}
