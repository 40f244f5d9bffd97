// Another process: rebuilds the document that comes by standard input, and computes it in the context that the argument holds.
import { readFileSync } from 'node:fs';
import { modelFromJSON } from '@flowmodel/core';
import type { GenericResult } from '@flowmodel/core';
import './definitions.ts';

const model = modelFromJSON(readFileSync(0, 'utf8'));
const result = (await model.flow.compute(JSON.parse(process.argv[2]!) as object)) as GenericResult<unknown>;
process.stdout.write(JSON.stringify({ value: result.value, printed: (model as { toString(): string }).toString() }));
