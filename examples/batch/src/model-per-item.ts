// Another language model, temperature and budget for each task. The budget is one of tokens per minute: long prompts take more of it.
import { mapFlow, throttle } from '@flowmodel/batch';
import { flowModel, FromContext } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { z } from 'zod';

const inputs = { prompt: FromContext(z.string()), model: FromContext(z.string()), temperature: FromContext(z.number().min(0).max(2)), maxTokens: FromContext(z.number().int()) };

const budget = throttle({
  concurrency: 4,
  rate: [{ limit: 3_000, interval: '1m', cost: ({ prompt, maxTokens }: { prompt: string; maxTokens: number }) => Math.ceil(prompt.length / 4) + maxTokens }, { limit: 60, interval: '1m' }],
});

const clock = virtualClock(); // a minute takes no time here

const ask = flowModel({ name: 'ask', inputs, evaluator: budget }, async ({ prompt, model, temperature, maxTokens }) => `minute ${clock.now() / 60_000}: ${model} at ${temperature}, up to ${maxTokens} tokens: ${prompt}`);

if (import.meta.main) {
  const tasks = [
    { prompt: 'Draft the contract', model: 'large', temperature: 0.3, maxTokens: 2_000 },
    { prompt: 'Name the file', model: 'small', temperature: 0.7, maxTokens: 500 },
    { prompt: 'Review the contract', model: 'large', temperature: 0.2, maxTokens: 2_000 },
    { prompt: 'Write a poem', model: 'small', temperature: 3, maxTokens: 500 },
  ];
  const asked = mapFlow(ask(), tasks, { clock }).then((value) => value);
  await clock.runAll();
  for (const entry of (await asked).results) console.log(entry.status === 'ok' ? entry.value : `${entry.params.prompt}: ${(entry.error as Error).message.split('\n')[1]?.trim()}`);
}
