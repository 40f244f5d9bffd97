/** Computes reports for the tests. */
import type { ComputeOptions } from '@flowmodel/core';
import { reportOn } from '../src/report.ts';
import { Tally } from '../src/tally.ts';

export async function report(cities: readonly string[], from: string, to: string, options: ComputeOptions = {}) {
  const tally = new Tally();
  const window = { startDate: new Date(from), endDate: new Date(to) };
  const { value } = await reportOn(cities).flow.compute(window, { ...options, observer: tally });
  return { cities: value, runs: Object.fromEntries(tally.counts) };
}

export async function reportOnCity(city: string, from: string, to: string) {
  const { cities, runs } = await report([city], from, to);
  return { ...cities[0]!, runs };
}
