/** Two ways to hand something to a node: the shared store, which all nodes see, and params, which a flow sets. */
import { createStore, Flow, Node } from '@flowmodel/store';
import type { Store } from '@flowmodel/store';

/** The data structure comes first. With it, a store that lacks a part does not compile. */
export interface Texts {
  data: Record<string, string>;
  summary: Record<string, string>;
}

/** Stands for a call of a language model: the first sentence. */
async function summarize(text: string): Promise<string> {
  return text.split(/(?<=\.)\s/)[0] ?? '';
}

/* ---------- the shared store: one node writes, the next one reads ---------- */

class LoadData extends Node<Texts> {
  override prep(shared: Texts): void {
    shared.data['my_file.txt'] = 'The store is shared. Every node sees it. Params are not.';
  }
}

class Summarize extends Node<Texts, Record<string, unknown>, string, string> {
  override prep(shared: Texts): string {
    return shared.data['my_file.txt'] ?? '';
  }

  override exec(content: string): Promise<string> {
    return summarize(content);
  }

  override post(shared: Texts, _content: string, summary: string): void {
    shared.summary['my_file.txt'] = summary;
  }
}

/** Over a created store, so that its history tells who wrote what. */
export async function sharedStore(): Promise<Store<Texts>> {
  const loadData = new LoadData();
  loadData.next(new Summarize());
  const store = createStore<Texts>({ data: {}, summary: {} });
  await new Flow(loadData).run(store);
  return store;
}

/* ---------- params: which file it is about ---------- */

class SummarizeFile extends Node<Texts, { filename: string }, string, string> {
  override prep(shared: Texts): string {
    return shared.data[this.params.filename] ?? '';
  }

  override exec(content: string): Promise<string> {
    return summarize(content);
  }

  override post(shared: Texts, _content: string, summary: string): void {
    shared.summary[this.params.filename] = summary;
  }
}

/** The node's own params count when it runs alone, the flow's when it runs in a flow. */
export async function params(): Promise<{ readonly alone: string[]; readonly inFlow: string[] }> {
  const node = new SummarizeFile().setParams({ filename: 'doc1.txt' });
  const texts = (): Texts => ({ data: { 'doc1.txt': 'One. And more.', 'doc2.txt': 'Two. And more.' }, summary: {} });

  const alone = texts();
  await node.run(alone);

  const inFlow = texts();
  await new Flow<Texts, { filename: string }>(node).setParams({ filename: 'doc2.txt' }).run(inFlow);

  const entries = ({ summary }: Texts): string[] => Object.entries(summary).map(([file, text]) => `${file}: ${text}`);
  return { alone: entries(alone), inFlow: entries(inFlow) };
}
