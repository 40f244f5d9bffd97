/** Reads a document from standard input and computes it for a window of days: node src/bill.ts 2024-06-01 2024-07-01 */
import { text } from 'node:stream/consumers';
import { FlowError, modelFromJSON } from '@flowmodel/core';
import type { GenericResult } from '@flowmodel/core';
import './definitions.ts';

const [from, to] = process.argv.slice(2);
try {
  const model = modelFromJSON(await text(process.stdin));
  const result = (await model.flow.compute({ from, to })) as GenericResult<string>;
  process.stdout.write(`${(model as { toString(): string }).toString()}\n${result.value}\n`);
} catch (error) {
  if (!(error instanceof FlowError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
