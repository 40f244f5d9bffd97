import { BatchFlow, BatchNode, Flow, graphOf, Node, toMermaid } from '@flowmodel/store';
import { expect, test } from 'vitest';

function agent(): Flow {
  const [decide, search, answer] = [new Node({ name: 'decide' }), new BatchNode({ name: 'search' }), new Node({ name: 'answer' })];
  decide.on('search', search).on('answer', answer);
  search.next(decide);
  return new Flow(decide, { name: 'agent' });
}

test('the graph of a flow is plain JSON: nodes and their transitions by action, loops included', () => {
  const graph = graphOf(agent());
  expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  expect(graph).toMatchObject({ flowGraph: 1, root: 'n0' });
  expect(graph.nodes.map(({ name, kind }) => [name, kind])).toEqual([['agent', 'flow'], ['decide', 'node'], ['search', 'batch node'], ['answer', 'node']]);
  expect(graph.edges.map(({ from, to, action, kind }) => [from, action, to, kind])).toEqual([
    ['n0', 'start', 'n1', 'action'],
    ['n1', 'search', 'n2', 'action'],
    ['n1', 'answer', 'n3', 'action'],
    ['n2', 'default', 'n1', 'action'],
  ]);
});

test('the graph ends where the flow does: its own successors do not run with it', () => {
  const flow = agent();
  flow.on('default', new Node({ name: 'after' }));
  expect(graphOf(flow)).toEqual(graphOf(agent()));
});

test('a node of a class without a name is called Node', () => {
  const Unnamed = (() => class extends Node {})();
  expect(Unnamed.name).toBe('');
  expect(graphOf(new Unnamed()).nodes[0]!.name).toBe('Node');
});

test('flows inside are shown with what is in them, each node once', () => {
  const inner = agent();
  const done = new Node({ name: 'done' });
  inner.on('default', done);
  class Each extends BatchFlow {}
  const graph = graphOf(new Each(inner, { name: 'each' }));
  expect(graph.nodes.map(({ name, kind }) => [name, kind])).toEqual([['each', 'batch flow'], ['agent', 'flow'], ['decide', 'node'], ['done', 'node'], ['search', 'batch node'], ['answer', 'node']]);
  expect(graph.edges.filter(({ from }) => from === 'n1').map(({ action, to }) => [action, to])).toEqual([['start', 'n2'], ['default', 'n3']]);
});

test('a picture in Mermaid has the actions on its edges', () => {
  const picture = toMermaid(graphOf(agent()), { direction: 'TD' });
  expect(picture.split('\n')[0]).toBe('flowchart TD');
  expect(picture).toMatch(/n1 .*"search".* n2/);
  expect(picture).toMatch(/n2 .*"default".* n1/);
  expect(picture).toContain('"agent"');
});

test('a chain of 10,000 nodes is no problem', () => {
  const nodes = Array.from({ length: 10_000 }, () => new Node());
  nodes.forEach((node, i) => i > 0 && nodes[i - 1]!.next(node));
  expect(graphOf(new Flow(nodes[0]!)).edges).toHaveLength(10_000);
});
