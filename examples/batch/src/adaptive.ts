// One provider, whose capacity nobody knows and which changes: a careful fixed limit, a greedy one, and one that adapts. Time is virtual, so that the figures are the same every time.
import { adaptiveThrottle, mapFlow, throttle } from '@flowmodel/batch';
import type { Throttle } from '@flowmodel/batch';
import { compose, flowModel, FromContext, retry } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { plot } from 'simple-ascii-chart';
import { z } from 'zod';
import { Provider } from './provider.ts';

const QUESTIONS = Array.from({ length: 600 }, (_, question) => ({ question }));

/** 12 at once, and only 6 from the tenth second on. */
const capacityAt = (ms: number): number => (ms < 10_000 ? 12 : 6);

export interface Figures {
  readonly seconds: number;
  readonly requests: number;
  readonly refused: number;
}

export async function measure(limit: Throttle, clock = virtualClock()): Promise<Figures> {
  const provider = new Provider(clock, capacityAt);
  const ask = flowModel({ name: 'ask', replace: true, inputs: { question: FromContext(z.number()) }, evaluator: compose(retry({ attempts: Infinity }), limit) }, ({ question }) => provider.ask(question));
  const run = mapFlow(ask(), QUESTIONS, { concurrency: 100, clock }).then((value) => value);
  await clock.runAll();
  const { stats } = await run;
  return { seconds: stats.durationMs / 1_000, requests: provider.requests, refused: provider.requests - provider.answered };
}

export async function measureAdaptive(): Promise<Figures & { readonly levels: readonly (readonly [seconds: number, level: number])[] }> {
  const clock = virtualClock();
  const levels: [number, number][] = [[0, 4]];
  const limit = adaptiveThrottle({ initial: 4, max: 40, recoverAfter: 20, growth: 1.2, backoff: 0.7, clock, onChange: (level) => void levels.push([clock.now() / 1_000, level]) });
  const figures = await measure(limit, clock);
  return { ...figures, levels: [...levels, [figures.seconds, limit.stats().limit]] };
}

if (import.meta.main) {
  const line = (name: string, { seconds, requests, refused }: Figures): void => console.log(`${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s  ${String(requests).padStart(5)} requests  ${String(refused).padStart(4)} refused`);
  const adaptive = await measureAdaptive();
  line('fixed at 4', await measure(throttle({ concurrency: 4 })));
  line('fixed at 16', await measure(throttle({ concurrency: 16 })));
  line('adaptive', adaptive);
  const steps = adaptive.levels.flatMap(([at, level], i, all): [number, number][] => (i === 0 ? [[at, level]] : [[at, all[i - 1]![1]], [at, level]]));
  console.log('\nRequests at once, by the second');
  const chart = plot(steps, { width: 60, height: 12, customXAxisTicks: [0, 5, 10, 15, 20, 25] });
  console.log(chart.split('\n').map((row) => row.trimEnd()).filter((row) => row !== '').join('\n'));
}
