import { adaptiveThrottle, batchModel, createLimiter, mapFlow, presets, throttle } from '@flowmodel/batch';
import { DefinitionRegistry, flowModel, FromContext } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

describe('TH41 limits per provider and plan', () => {
  test.for([
    ['openai.free', 3, 3], ['openai.tier1', 5, 60], ['openai.tier2', 10, 500], ['openai.tier3', 15, 5_000], ['openai.tier4', 20, 10_000], ['openai.tier5', 30, 30_000],
    ['anthropic.free', 2, 5], ['anthropic.tier1', 5, 50], ['anthropic.tier2', 10, 1_000], ['anthropic.tier3', 15, 2_000], ['anthropic.tier4', 20, 4_000],
    ['google.free', 2, 15], ['google.paid', 10, 1_000], ['cohere.trial', 2, 20], ['cohere.production', 10, 10_000], ['huggingface.free', 1, 30], ['huggingface.pro', 5, 1_000],
    ['mistral.free', 2, 30], ['mistral.paid', 10, 500], ['general.conservative', 2, 20], ['general.moderate', 5, 60], ['general.aggressive', 10, 200],
    ['scraping.polite', 2, 10], ['scraping.moderate', 5, 30], ['scraping.aggressive', 10, 60],
  ] as const)('%s: %d at once, %d a minute', ([name, concurrency, limit]) => {
    expect(presets.get(name)).toEqual({ concurrency, rate: { limit, interval: '1m' }, asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string });
  });

  test('without a rate there is none, and not one of null', () => {
    expect(Object.keys(presets.general.unlimited)).toEqual(['concurrency', 'asOf']);
    expect(presets.general.unlimited.concurrency).toBe(50);
  });
});

test('TH42 limits of flows, and options of adaptive throttles', () => {
  const flow = Object.fromEntries(presets.list().filter((name) => name.startsWith('flow.')).map((name) => [name.slice(5), presets.get(name)]));
  expect(Object.entries(flow).map(([name, preset]) => [name, 'concurrency' in preset && preset.concurrency, 'rate' in preset && preset.rate?.limit])).toEqual([
    ['conservative', 3, 30], ['moderate', 10, 60], ['aggressive', 25, 200], ['highThroughput', 50, 500], ['unlimited', 100, false],
    ['batch', 10, 100], ['pipeline', 20, 200], ['realtime', 5, false], ['heavy', 5, 20],
  ]);
  expect(presets.adaptive.moderate).toMatchObject({ initial: 10, min: 3, max: 30, backoff: 0.5, recoverAfter: 15, growth: 1.3 });
  expect(presets.adaptive.conservative).toMatchObject({ initial: 5, min: 2, max: 15, backoff: 0.5, recoverAfter: 20, growth: 1.2 });
  expect(presets.adaptive.aggressive).toMatchObject({ initial: 20, min: 5, max: 50, backoff: 0.6, recoverAfter: 10, growth: 1.4 });
});

describe('TH43 names', () => {
  test('are case-insensitive, and typed', () => {
    expect(presets.get('OpenAI.TIER1')).toBe(presets.openai.tier1);
    expectTypeOf(presets.get('adaptive.moderate').initial).toEqualTypeOf<number>();
    expectTypeOf(presets.get('openai.tier1').concurrency).toEqualTypeOf<number>();
  });

  test('an unknown one is an error that tells the known', () => {
    expect(() => presets.get('openai.tier9')).toThrow(/Unknown preset 'openai\.tier9'.*openai\.tier5/s);
    expect(() => presets.get(undefined as never)).toThrow(expect.objectContaining({ code: 'DEFINITION', message: expect.stringContaining("Unknown preset 'undefined'") as string }) as Error);
  });

  test('a preset spreads into whatever takes limits', async () => {
    const clock = virtualClock();
    const model = flowModel({ name: 'model', definitions: new DefinitionRegistry(), inputs: { n: FromContext(z.number()) } }, () => clock.now())();
    const items = Array.from({ length: 4 }, (_, n) => ({ n }));
    const batch = batchModel({ name: 'batch', definitions: new DefinitionRegistry(), inputs: {}, params: () => items, each: model, ...presets.openai.free });
    const runs = [mapFlow(model, items, { ...presets.openai.free, clock }).then((value) => value), batch().flow.compute({}, { clock }).then(({ value }) => value)];
    await clock.runAll();
    for (const { results } of await Promise.all(runs)) expect(results.map((entry) => entry.status === 'ok' && entry.value)).toEqual([0, 0, 0, 60_000]);
    expect(throttle({ ...presets.openai.tier1, concurrency: 2 }).stats().limit).toBe(2);
    expect(createLimiter(presets.google.free).stats().limit).toBe(2);
    expect(adaptiveThrottle(presets.adaptive.moderate).stats().limit).toBe(10);
  });
});

test('TH44 (Defect) there is one table, frozen throughout, and everything in it is listed', () => {
  const groups = Object.entries(presets).filter(([, value]) => typeof value === 'object');
  expect(presets.list()).toEqual(groups.flatMap(([group, members]) => Object.keys(members).map((member) => `${group}.${member}`)));
  for (const [, members] of groups) {
    for (const preset of Object.values(members) as { readonly rate?: object }[]) expect([Object.isFrozen(preset), Object.isFrozen(preset.rate)]).toEqual([true, true]);
    expect(Object.isFrozen(members)).toBe(true);
  }
  expect(Object.isFrozen(presets)).toBe(true);
});
