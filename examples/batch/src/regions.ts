// Endpoint, key and timeout differ by region. Each region has a limit that adapts to what its server bears; a refused request is tried again when the server says so.
import { adaptiveThrottle, isRateLimit, mapFlow, RateLimitError } from '@flowmodel/batch';
import type { Throttle } from '@flowmodel/batch';
import { compose, flowModel, FromContext, retry } from '@flowmodel/core';
import type { Evaluator } from '@flowmodel/core';
import { z } from 'zod';
import { busyServer } from './busy-server.ts';

const CAPACITY = { us: 6, eu: 3, asia: 1 };
type Region = keyof typeof CAPACITY;
const Region = z.enum(['us', 'eu', 'asia']);

const throttles: Readonly<Record<Region, Throttle>> = { us: adaptiveThrottle({ initial: 4 }), eu: adaptiveThrottle({ initial: 4 }), asia: adaptiveThrottle({ initial: 4 }) };

/** An evaluator that hands on to the one of the region. */
const perRegion: Evaluator = { name: 'perRegion', transparent: true, evaluate: (evaluation, next) => throttles[evaluation.inputs['region'] as Region].evaluate(evaluation, next) };

const callApi = flowModel(
  {
    name: 'callApi',
    inputs: { taskId: FromContext(z.number()), region: FromContext(Region), endpoint: FromContext(z.url()), apiKey: FromContext(z.string().meta({ secret: true })), timeoutMs: FromContext(z.number()) },
    evaluator: compose(retry({ attempts: 50, when: isRateLimit }), perRegion),
  },
  async ({ taskId, endpoint, apiKey, timeoutMs }, run) => {
    const response = await fetch(`${endpoint}/process?task=${taskId}`, { headers: { Authorization: `Bearer ${apiKey}` }, signal: AbortSignal.any([run.signal, AbortSignal.timeout(timeoutMs)]) });
    if (response.status === 429) throw RateLimitError.from(response);
    if (!response.ok) throw new Error(`${response.status} from ${endpoint}`);
    return response.text();
  },
);

if (import.meta.main) {
  await using us = await busyServer('us', CAPACITY.us);
  await using eu = await busyServer('eu', CAPACITY.eu);
  await using asia = await busyServer('asia', CAPACITY.asia);
  const servers = { us, eu, asia };
  const regions = Region.options;
  const tasks = Array.from({ length: 60 }, (_, taskId) => {
    const region = regions[taskId % 3]!;
    return { taskId, region, endpoint: servers[region].url, apiKey: `key-${region}`, timeoutMs: region === 'asia' ? 10_000 : 5_000 };
  });
  const { results, stats } = await mapFlow(callApi(), tasks, { concurrency: 60 });
  console.log(`${stats.ok} of ${stats.total} done, the last: ${results.at(-1)!.status === 'ok' ? (results.at(-1) as { value: string }).value : 'failed'}`);
  for (const region of regions) {
    const { rateLimited, admitted } = throttles[region].stats();
    const { answered, refused } = servers[region];
    // How many are refused is a matter of luck where a level grows into a server's limit; the smallest server refuses at once.
    console.log(`${region}: ${answered} answered${region === 'asia' ? `, ${refused > 0 ? 'some' : 'none'} refused before` : ''}; every refusal was heard and tried again: ${rateLimited === refused && admitted === answered + refused}`);
  }
}
