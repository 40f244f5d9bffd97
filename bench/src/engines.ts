/** Who takes part in which question. */
import { asyncBodies, syncBodies } from './bodies.ts';
import { asyncAuto } from './opponents/async.ts';
import { effect, effectInOrder } from './opponents/effect.ts';
import type { Engine } from './opponents/engine.ts';
import { flowmodel } from './opponents/flowmodel.ts';
import { jotai } from './opponents/jotai.ts';
import { inlined, loop } from './opponents/loop.ts';
import { pGraph } from './opponents/p-graph.ts';
import { pocketflow } from './opponents/pocketflow.ts';
import { promiseMemo } from './opponents/promise-memo.ts';
import { recursion, recursionById } from './opponents/recursion.ts';
import { signals } from './opponents/signals.ts';

/** Synchronous bodies. The last four need a promise for the result all the same, or can do with one. */
export const forSync: readonly Engine[] = [
  flowmodel(syncBodies, true),
  loop(syncBodies),
  inlined,
  recursion(syncBodies),
  recursionById(syncBodies),
  signals(syncBodies),
  jotai(syncBodies),
  effectInOrder(syncBodies, true),
  effect(syncBodies, true),
  pGraph(syncBodies, true),
  asyncAuto(syncBodies, true),
  pocketflow(syncBodies),
];

/** Bodies that return promises. Signals have no asynchronous form; jotai's promises are one atom's own affair. */
export const forAsync: readonly Engine[] = [
  flowmodel(asyncBodies, false),
  promiseMemo(asyncBodies),
  effectInOrder(asyncBodies, false),
  effect(asyncBodies, false),
  pGraph(asyncBodies, false),
  asyncAuto(asyncBodies, false),
  pocketflow(asyncBodies),
];

/** Libraries, as opposed to code written by hand for one graph. */
export const libraries = ['signals', 'jotai', 'effect, in order', 'effect', 'p-graph', 'async', 'pocketflow'];
