// Writes the published JSON Schema; a test compares it with what the schemas say. Run: node --conditions=@flowmodel/source scripts/json-schema.mjs
import { writeFileSync } from 'node:fs';
import { workflowJsonSchema } from '../src/index.ts';

writeFileSync(new URL('../workflow.schema.json', import.meta.url), `${JSON.stringify(workflowJsonSchema(), null, 2)}\n`);
