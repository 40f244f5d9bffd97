/** Models that fail, wait, log, keep secrets. */
import { flowModel, FromContext, GenericResult, Lazy, ModelInput, Resource } from '@flowmodel/core';
import { z } from 'zod';

const load = flowModel({ name: 'load', inputs: { day: FromContext(z.number()) } }, ({ day }) => {
  if (day < 0) throw new RangeError('no data before day 0', { cause: new Error('the archive is closed') });
  return day * 2;
});
const total = flowModel({ name: 'total', inputs: { loaded: z.number() } }, ({ loaded }) => loaded + 1);
export const failing = total({ loaded: load() });

let calls = 0;
export const flaky = flowModel({ name: 'flaky', inputs: {} }, () => {
  calls += 1;
  if (calls < 3) throw new Error(`call ${calls} failed`);
  return calls;
})();

/** Never ends by itself. */
export const endless = flowModel({ name: 'endless', inputs: {} }, (_, run) => {
  console.log('started');
  const alive = setInterval(() => {}, 1000);
  return new Promise<number>((_resolve, reject) => {
    run.signal.addEventListener('abort', () => {
      clearInterval(alive);
      console.log('cleaned up');
      reject(run.signal.reason as Error);
    });
  });
})();

/** Logs for ever. */
export const ticking = flowModel({ name: 'ticking', inputs: {} }, () => new Promise<number>(() => {
  setInterval(() => console.log('tick'), 5);
}))();

/** Asks for more than its graph has, and never ends by itself. */
const item = flowModel({ name: 'item', inputs: { n: FromContext(z.number()) } }, () => new Promise<number>(() => {
  setInterval(() => {}, 1000);
}))();
export const nested = flowModel({ name: 'nested', inputs: { item: ModelInput(z.number()) } }, ({ item: each }, run) => Promise.all([1, 2, 3].map(async (n) => run.compute(each, { n }))))({ item });

/** Waits for what nobody brings, while nothing else keeps the process alive. */
export const stuck = total({ loaded: flowModel({ name: 'stuck', inputs: {} }, () => new Promise<number>(() => {}))() });

const shortly = (what: () => void) => new Promise<number>((resolve) => {
  setTimeout(what, 0);
  setTimeout(() => resolve(1), 60_000);
});
export const uncaught = flowModel({ name: 'uncaught', inputs: {} }, () => shortly(() => { throw new RangeError('in a callback'); }))();
export const unhandled = flowModel({ name: 'unhandled', inputs: {} }, () => shortly(() => { void Promise.reject(new RangeError('not awaited')); }))();
export const clearing = flowModel({ name: 'clearing', inputs: {} }, () => { throw new Error('gone\u001B[2J\nand away'); })();
export const bare = total({ loaded: flowModel({ name: 'thrower', inputs: {} }, (): number => { throw 'just a text'; })() }); // oxlint-disable-line no-throw-literal, only-throw-error -- some do
export const misfit = flowModel({ name: 'misfit', inputs: {}, output: z.number() }, () => JSON.parse('"five"') as number)();

export const blocking = flowModel({ name: 'blocking', inputs: {} }, () => {
  console.log('blocking');
  for (const end = Date.now() + 30_000; Date.now() < end; );
})();

export const chatty = flowModel({ name: 'chatty', inputs: {} }, (_, run) => {
  console.log('to the log');
  console.error('to the log, too');
  run.progress({ completed: 1, total: 2, message: 'half way' });
  setInterval(() => {}, 1000); // forgotten
  return 'the result';
})();

export const login = flowModel(
  { name: 'login', inputs: { token: FromContext(z.string().min(8, { error: ({ input }) => `${JSON.stringify(input)} is short` }).meta({ secret: true })), user: FromContext(z.string()) } },
  ({ user }) => `hello ${user}`,
)();
export const password = flowModel({ name: 'password', inputs: {}, output: z.string().meta({ secret: true }) }, () => 'hunter2hunter2')();

const rarely = flowModel({ name: 'rarely', inputs: { depth: FromContext(z.number()) } }, ({ depth }) => depth);
export const lazy = flowModel({ name: 'lazy', inputs: { maybe: Lazy(z.number()), ask: FromContext(z.boolean().default(false)) } }, async ({ maybe, ask }) => (ask ? maybe() : 0))({ maybe: rarely() });

export const needsClient = flowModel({ name: 'needsClient', inputs: { client: Resource<object>() } }, () => 1)();
export const unbound = total();
export const opaque = flowModel({ name: 'opaque', inputs: {} }, () => ({ open: new (class Handle {})() }))();
export const large = flowModel({ name: 'large', inputs: {} }, () => ({ numbers: Array.from({ length: 150 }, (_, i) => i), text: 'x'.repeat(20_000) }))();
export const boxed = flowModel({ name: 'boxed', inputs: {} }, () => new GenericResult({ rows: [{ price: 5 }, { price: 7n }], at: new Map([['day', new Date(0)]]) }))();
export const ambient = flowModel({ name: 'ambient', inputs: { day: z.number(), loaded: z.number() } }, ({ day, loaded }) => [day, loaded])({ day: 1, loaded: load() });
