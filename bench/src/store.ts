/** What does a step of a flow over a shared store cost, beside the same flow of the pocketflow package? */
import * as ours from '@flowmodel/store';
import * as port from 'pocketflow';
import { compare } from './measure.ts';
import type { Contender, Effort, Outcome } from './measure.ts';
import { isTiming } from './measure.ts';
import { digits, times, timed, timedBeside } from './report.ts';
import type { Section, Target } from './report.ts';

export interface StoreSettings {
  readonly steps: number;
  readonly effort: Effort;
  readonly log: (line: string) => void;
}

interface Shared {
  n: number;
}

/** What both packages export, as far as the bench uses it. */
interface Library {
  readonly Node: new () => { next(node: object): unknown; on(action: string, node: object): unknown };
  readonly Flow: new (start: never) => { run(shared: object): Promise<unknown> };
}

type Style = 'async' | 'sync';
type Shape = 'chain' | 'loop';

/** A node that adds one. Both libraries run the same class body; the port awaits synchronous phases as well. */
function stepOf({ Node }: Library, style: Style, post: (shared: Shared) => string | undefined): new () => InstanceType<Library['Node']> {
  class Step extends Node {}
  const phases =
    style === 'async'
      ? {
          prep: async (shared: Shared): Promise<number> => shared.n,
          exec: async (n: number): Promise<number> => n + 1,
          post: async (shared: Shared, _: number, n: number): Promise<string | undefined> => {
            shared.n = n;
            return post(shared);
          },
        }
      : {
          prep: (shared: Shared): number => shared.n,
          exec: (n: number): number => n + 1,
          post: (shared: Shared, _: number, n: number): string | undefined => {
            shared.n = n;
            return post(shared);
          },
        };
  for (const [name, value] of Object.entries(phases)) Object.defineProperty(Step.prototype, name, { value });
  return Step;
}

/** A flow that adds one so many times. */
function flowOf(library: Library, shape: Shape, style: Style, steps: number): InstanceType<Library['Flow']> {
  let done = 0;
  const Step = stepOf(library, style, () => (shape === 'chain' ? undefined : ++done % steps === 0 ? 'done' : 'again'));
  const nodes = Array.from({ length: shape === 'chain' ? steps : 1 }, () => new Step());
  if (shape === 'chain') for (let i = 1; i < steps; i++) nodes[i - 1]!.next(nodes[i]!);
  else {
    nodes[0]!.on('again', nodes[0]!);
    nodes[0]!.on('done', new library.Node());
  }
  return new library.Flow(nodes[0]! as never);
}

/** `store`: how the state is handed over. */
function contender(name: string, library: Library, shape: Shape, style: Style, steps: number, store: (shared: Shared) => { readonly shared: object; readonly state: () => Shared }): Contender {
  const flow = flowOf(library, shape, style, steps);
  return {
    name,
    run: async (seed) => {
      const { shared, state } = store({ n: seed });
      await flow.run(shared);
      return state().n;
    },
  };
}

const plain = (shared: Shared): { shared: object; state: () => Shared } => ({ shared, state: () => shared });
const created = (history: boolean) => (shared: Shared): { shared: object; state: () => Shared } => {
  const store = ours.createStore(shared, { history });
  return { shared: store, state: () => store.state };
};

const PORT = 'pocketflow';
const PLAIN = 'plain object';

export async function storeSteps({ steps, effort, log }: StoreSettings): Promise<Section> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const shape of ['chain', 'loop'] as const) {
    for (const style of ['async', 'sync'] as const) {
      const library = { Node: ours.Node, Flow: ours.Flow } as unknown as Library; // the types of the two packages have less in common than what they do
      const outcomes = await compare(
        [
          contender(PORT, port, shape, style, steps, plain),
          contender(PLAIN, library, shape, style, steps, plain),
          contender('created, no history', library, shape, style, steps, created(false)),
          contender('created', library, shape, style, steps, created(true)),
        ],
        steps,
        (seed) => seed + steps,
        effort,
      );
      const theirs = outcomes.get(PORT);
      rows.push([`${shape}, ${style} phases`, timed(theirs), ...[PLAIN, 'created, no history', 'created'].map((name) => timedBeside(outcomes.get(name), theirs))]);
      targets.push(target(`${shape} of ${steps.toLocaleString('en-US')} steps, ${style} phases, history off / ${PORT}`, outcomes.get(PLAIN), theirs));
      log(`store ${shape} ${style}: ${[...outcomes].map(([name, outcome]) => `${name} ${isTiming(outcome) ? digits(outcome.median) : outcome.failed}`).join(', ')}`);
    }
  }
  return {
    title: 'Store: a step of a flow',
    intro: `Nanoseconds per step of ${steps.toLocaleString('en-US')}, median (min–max); bold: as a multiple of pocketflow's median. A step reads a number in \`prep\`, adds one in \`exec\` and writes it in \`post\`. *plain object*: the store is a plain object, as in pocketflow; *created*: it is one of \`createStore\`, with drafts and conflict detection.`,
    tables: [{ head: ['shape', PORT, PLAIN, 'created, no history', 'created'], rows }],
    notes: ['`exec` is a run of the core where there is something for it to do: attempts, a time limit, a cache, an evaluator, an observer, a signal. Here there is nothing, and it is called as it is. `this.params` follows the pass through an asynchronous context, which pocketflow has not; pocketflow copies each node for each step.', 'A created store makes an Immer draft for each `prep` and each `post`, seen through a view that notes reads and writes: 2 µs each.'],
    targets,
  };
}

function target(what: string, ours: Outcome | undefined, theirs: Outcome | undefined): Target {
  const ratio = ours !== undefined && theirs !== undefined && isTiming(ours) && isTiming(theirs) ? ours.median / theirs.median : Infinity;
  return { what, wanted: '≤ 2×', measured: times(ratio), isMet: ratio <= 2 };
}
