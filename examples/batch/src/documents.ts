// Documents from several regions: where each is stored, which model reads it and in which language are fields of its item.
import { batchModel } from '@flowmodel/batch';
import { flowModel, FromContext } from '@flowmodel/core';
import { z } from 'zod';

const storages: Record<string, (region: string, docId: string) => string> = {
  s3: (region, docId) => `s3://${region}-bucket/${docId}`,
  web: (region, docId) => `https://${region}.storage.example/${docId}`,
};

const fetchDocument = flowModel(
  { name: 'fetchDocument', inputs: { docId: FromContext(z.string()), region: FromContext(z.string()), storage: FromContext(z.enum(['s3', 'web']).default('s3')) } },
  async ({ docId, region, storage }) => `text of ${storages[storage]!(region, docId)}`,
);

const analyzeDocument = flowModel(
  { name: 'analyzeDocument', inputs: { text: z.string(), region: FromContext(z.string()), model: FromContext(z.string()), language: FromContext(z.string()), purpose: FromContext(z.string()) } },
  async ({ text, region, model, language, purpose }) => `${region === 'eu' ? `${model} (within the EU)` : model}, ${language}, for ${purpose}: ${text}`,
);

const Document = z.object({ id: z.string(), region: z.string(), language: z.string(), kind: z.enum(['technical', 'creative', 'other']), storage: z.enum(['s3', 'web']).optional() });

const modelFor = { technical: 'large', creative: 'inventive', other: 'small' } as const;

export const documents = batchModel({
  name: 'documents',
  inputs: { documents: z.array(Document) },
  item: z.object({ docId: z.string(), region: z.string(), language: z.string(), model: z.string(), storage: z.enum(['s3', 'web']).optional() }),
  params: ({ documents: list }) => list.map(({ id, region, language, kind, storage }) => ({ docId: id, region, language, model: modelFor[kind], storage })),
  each: analyzeDocument({ text: fetchDocument() }),
  keyBy: ({ docId }) => docId,
  concurrency: 5,
});

if (import.meta.main) {
  const model = documents({
    documents: [
      { id: 'doc1', region: 'us', language: 'english', kind: 'technical' },
      { id: 'doc2', region: 'eu', language: 'german', kind: 'creative', storage: 'web' },
      { id: 'doc3', region: 'asia', language: 'japanese', kind: 'other' },
    ],
  });
  const { value } = await model.flow.compute({ purpose: 'the archive' });
  for (const [docId, entry] of Object.entries(value.byKey)) console.log(`${docId}: ${entry.status === 'ok' ? entry.value : String(entry.error)}`);
}
