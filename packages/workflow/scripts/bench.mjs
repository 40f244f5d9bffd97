// What a document costs beside the same graph wired by hand. Run: node --expose-gc scripts/bench.mjs (after a build), or with --conditions=@flowmodel/source.
import { closedContext, computed, DefinitionRegistry, flowModel, FromContext, fromField } from '@flowmodel/core';
import { compileWorkflow } from '@flowmodel/workflow';
import { z } from 'zod';

const CHILDREN = 100;
const RUNS = 300;
const ROUNDS = 15;

const definitions = new DefinitionRegistry();
const add = flowModel({ name: 'add', definitions, inputs: { a: z.number(), b: z.number() }, output: z.number() }, ({ a, b }) => a + b);
const addLater = flowModel({ name: 'addLater', definitions, inputs: { a: z.number(), b: z.number() }, output: z.number() }, async ({ a, b }) => a + b);
const given = flowModel({ name: 'given', definitions, inputs: { value: FromContext(z.number()) } }, ({ value }) => value);

/** A chain of nested workflows of three nodes each, as a document. */
function documentOf(type) {
  const child = {
    inputs: { x: { type: 'number' }, k: { type: 'number' } },
    nodes: [
      { id: 'a', type, params: { a: '${x}', b: '${k}' } },
      { id: 'b', type, params: { a: '${a}', b: 1 } },
      { id: 'c', type, params: { a: '${b}', b: '${a}' } },
    ],
    outputs: { sum: { source: '${c}' } },
  };
  const nodes = Array.from({ length: CHILDREN }, (_, i) => ({ id: `n${i}`, type: 'workflow', params: { workflow_ir: child, param_mapping: { x: i === 0 ? 1 : `$n${i - 1}.sum`, k: '$k' } } }));
  return compileWorkflow({ inputs: { k: { type: 'number' } }, nodes, outputs: { sum: { source: `\${n${CHILDREN - 1}.sum}` } } }, { definitions });
}

/** The same with nothing but the core. */
function byHand(factory) {
  const x = given().flow.withContext({ value: fromField('x', z.number()) });
  const k = given().flow.withContext({ value: fromField('k', z.number()) });
  const a = factory({ a: x, b: k });
  const child = factory({ a: factory({ a, b: 1 }), b: a });
  const fromParent = fromField('k', z.number());
  let last;
  for (let i = 0; i < CHILDREN; i++) last = child.flow.withContext(closedContext(), { x: i === 0 ? 1 : computed(last), k: fromParent });
  return last;
}

async function timeOf(run) {
  const start = performance.now();
  for (let i = 0; i < RUNS; i++) await run(i);
  return ((performance.now() - start) * 1000) / RUNS;
}

/** Rounds alternate, so that what else the machine does meets both; medians of the rounds and of their ratios. */
async function compare(name, ofDocument, ofHand) {
  await timeOf(ofDocument);
  await timeOf(ofHand);
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push({ hand: await timeOf(ofHand), document: await timeOf(ofDocument) });
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
  const hand = median(rounds.map((round) => round.hand));
  const document = median(rounds.map((round) => round.document));
  const ratio = median(rounds.map((round) => round.document / round.hand));
  console.log(`${name.padEnd(14)} by hand ${hand.toFixed(0).padStart(6)} µs   document ${document.toFixed(0).padStart(6)} µs   ratio ${ratio.toFixed(2)}`);
}

console.log(`${CHILDREN} nested workflows of 3 nodes, ${RUNS} runs a round, median of ${ROUNDS} rounds`);
{
  const [document, hand] = [documentOf('add'), byHand(add)];
  if (document.flow.computeSync({ k: 2 }).value.sum !== hand.flow.computeSync({ k: 2 }).value) throw new Error('they differ');
  await compare('synchronous', (i) => document.flow.computeSync({ k: i }), (i) => hand.flow.computeSync({ k: i }));
}
{
  const [document, hand] = [documentOf('addLater'), byHand(addLater)];
  await compare('asynchronous', (i) => document.flow.compute({ k: i }), (i) => hand.flow.compute({ k: i }));
}
{
  const start = performance.now();
  for (let i = 0; i < 50; i++) documentOf('add');
  console.log(`compiling      ${(((performance.now() - start) * 1000) / 50).toFixed(0)} µs`);
}
