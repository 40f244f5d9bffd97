/** An agent: a node decides by an action what happens next, and the flow comes back to it until it knows enough. */
import { createStore, Flow, graphOf, Node, toMermaid } from '@flowmodel/store';
import type { Store } from '@flowmodel/store';
import { readData } from './data.ts';

export interface Memory {
  readonly question: { readonly month: number; readonly cities: readonly string[] };
  notes: Record<string, number>;
  next?: string;
  answer?: string;
}

/** Stands for a language model that picks a tool: whatever is not noted yet is looked up. */
class Decide extends Node<Memory, Record<string, unknown>, Memory, string | undefined> {
  override prep(memory: Memory): Memory {
    return memory;
  }

  override exec({ question, notes }: Memory): string | undefined {
    return question.cities.find((city) => !(city in notes));
  }

  override post(memory: Memory, _before: Memory, city: string | undefined): 'look up' | 'answer' {
    if (city === undefined) return 'answer';
    memory.next = city;
    return 'look up';
  }
}

/** A tool: the mean of the daily highs in that month, over all years on record. */
class LookUp extends Node<Memory, Record<string, unknown>, { city: string; month: number }, number> {
  override prep({ next, question }: Memory): { city: string; month: number } {
    return { city: next!, month: question.month };
  }

  override async exec({ city, month }: { city: string; month: number }): Promise<number> {
    const rows = (await readData('weather.csv')).trim().split('\n').slice(1).map((line) => line.split(','));
    const highs = rows.filter(([location, date]) => location === city && Number(date!.slice(5, 7)) === month).map((row) => Number(row[3]));
    return highs.reduce((sum, high) => sum + high, 0) / highs.length;
  }

  override post(memory: Memory, { city }: { city: string }, mean: number): void {
    memory.notes[city] = mean;
    delete memory.next;
  }
}

class Answer extends Node<Memory> {
  override post(memory: Memory): void {
    const [[city, mean]] = Object.entries(memory.notes).toSorted(([, a], [, b]) => b - a) as [[string, number]];
    memory.answer = `${city}, with ${mean.toFixed(1)} °C`;
  }
}

export function agent(): Flow<Memory> {
  const [decide, lookUp] = [new Decide(), new LookUp()];
  decide.on('look up', lookUp).on('answer', new Answer());
  lookUp.next(decide);
  return new Flow(decide, { name: 'agent', maxSteps: 20 });
}

/** Which city is warmest in July? */
export async function ask(cities: readonly string[], month: number): Promise<Store<Memory>> {
  const store = createStore<Memory>({ question: { month, cities }, notes: {} });
  await agent().run(store);
  return store;
}

export const picture = (): string => toMermaid(graphOf(agent()));
