/** What `mapFlow` returns: a promise that begins when it is awaited, or a stream that begins when it is read. */
import { FlowError } from '@flowmodel/core';
import type { Entry, ItemsJob } from './run-items.ts';
import type { BatchValue } from './types.ts';

type Value = BatchValue<object, unknown>;
type Sink = Pick<ItemsJob, 'settled' | 'isFull' | 'whenRead'>;
type Start = (sink: Sink | undefined, stop: AbortSignal | undefined) => Promise<Value>;

/** So many entries may wait to be read, or as many as instances may be under way. */
const LEAST_ROOM = 16;

export class Mapping implements Promise<Value>, AsyncIterable<Entry, void> {
  readonly #room: number;
  readonly #start: Start;
  #promise: Promise<Value> | undefined = undefined;
  #isIterated = false;

  constructor(concurrency: number | undefined, start: Start) {
    this.#room = Math.max(LEAST_ROOM, concurrency ?? LEAST_ROOM);
    this.#start = start;
  }

  get [Symbol.toStringTag](): string {
    return 'FlowMap';
  }

  // oxlint-disable-next-line no-thenable -- awaiting it is one of the two ways to use it
  then<A = Value, B = never>(onValue?: ((value: Value) => A | PromiseLike<A>) | null, onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#awaited().then(onValue, onError);
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Value | B> {
    return this.#awaited().catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<Value> {
    return this.#awaited().finally(onEnd);
  }

  #awaited(): Promise<Value> {
    if (this.#isIterated) throw twice();
    return (this.#promise ??= this.#start(undefined, undefined));
  }

  [Symbol.asyncIterator](): AsyncIterator<Entry, void> {
    if (this.#isIterated || this.#promise !== undefined) throw twice();
    this.#isIterated = true;
    return entriesOf(this.#start, this.#room);
  }
}

const twice = (): FlowError => new FlowError('DEFINITION', 'mapFlow runs once: await what it returns, or iterate it, and call mapFlow again for another run.');

/** Entries as they finish. The run begins with the first read, waits for a slow reader, and is aborted when the reader leaves. */
async function* entriesOf(start: Start, room: number): AsyncGenerator<Entry, void> {
  const unread: Entry[] = [];
  const stop = new AbortController();
  let proceed = (): void => {};
  let wake = (): void => {};
  let end: { readonly error?: unknown } | undefined;
  const sink: Sink = {
    settled(entry) {
      unread.push(entry);
      wake();
    },
    isFull: () => unread.length >= room,
    whenRead: (go) => void (proceed = go),
  };
  const ended = (how: NonNullable<typeof end>): void => {
    end = how;
    wake();
  };
  const run = start(sink, stop.signal).then(() => ended({}), (error: unknown) => ended({ error }));
  try {
    for (;;) {
      while (unread.length > 0) {
        yield* unread.splice(0);
        proceed();
      }
      if (end !== undefined) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if ('error' in end) throw end.error;
  } finally {
    stop.abort(new Error('nobody reads the entries any more'));
    await run;
  }
}
