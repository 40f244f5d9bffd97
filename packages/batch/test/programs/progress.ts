/** Two batches at once, in virtual time, with their progress on stdout: a bar each on a terminal, lines in a pipe. */
import { batchModel, mapFlow, progressBar } from '@flowmodel/batch';
import { flowModel, FromContext } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { z } from 'zod';

const clock = virtualClock();
const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(() => resolve(), ms));

async function page({ n }: { n: number }): Promise<number> {
  await wait(500);
  if (n % 7 === 3) throw new Error(`page ${n} is missing`);
  return n;
}
const fetchPage = flowModel({ name: 'fetchPage', inputs: { n: FromContext(z.number()) } }, page)();
const pages = batchModel({ name: 'pages', inputs: {}, item: z.object({ n: z.number() }), params: () => Array.from({ length: 20 }, (_, n) => ({ n })), each: fetchPage, concurrency: 2 });
const books = flowModel({ name: 'book', inputs: { book: FromContext(z.string()) } }, async ({ book }) => {
  await wait(900);
  return book;
})();

const observer = progressBar({ stream: process.stdout, clock, interval: 1_000 });
const all = Promise.all([pages().flow.compute({}, { observer, clock }), mapFlow(books, ['a', 'b', 'c'].map((book) => ({ book })), { observer, clock, concurrency: 1 })]);
await clock.runAll();
await all;
