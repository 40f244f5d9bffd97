/** Iterates 100,000 items and prints how much more memory than before was in use at the most, in MB, collected garbage aside. */
import { mapFlow } from '@flowmodel/batch';
import { flowModel, FromContext } from '@flowmodel/core';
import { z } from 'zod';

const collect = globalThis.gc!;
const double = flowModel({ name: 'double', inputs: { n: FromContext(z.number()) } }, async ({ n }) => n * 2);
const items = Array.from({ length: 100_000 }, (_, n) => ({ n }));
for await (const _ of mapFlow(double(), items.slice(0, 100))); // what is made once
collect();
const before = process.memoryUsage().heapUsed;
let most = 0;
let read = 0;
let sum = 0;
for await (const entry of mapFlow(double(), items, { concurrency: 8 })) {
  if (entry.status === 'ok') sum += entry.value;
  if (++read % 10_000 === 0) {
    collect();
    most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
}
console.log(JSON.stringify({ read, sum, megabytes: most / 2 ** 20 }));
