// §1.3: deps, by which a class-based model tells the scheduler ahead what its body will ask for.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { flowModel, FromContext, modelClass } from '@flowmodel/core';
import type { FlowRun } from '@flowmodel/core';
import { flowError, thrownBy } from './flow-error.ts';

describe('deps', () => {
  const log: string[] = [];
  const leaf = flowModel({ name: 'leaf', inputs: { word: FromContext(z.string()) } }, ({ word }) => {
    log.push(word);
    return word.length;
  });
  const logged = (run: () => unknown): string[] => {
    log.length = 0;
    run();
    return [...log];
  };
  const words = leaf();
  const make = (deps: (context: { word: string }, run: FlowRun) => unknown) => {
    class Ahead extends modelClass({ name: `Ahead${made++}`, context: z.object({ word: z.string().trim() }), output: z.number() }) {
      override deps(context: { word: string }, run: FlowRun) {
        return deps(context, run) as never;
      }
      call({ word }: { word: string }, run: FlowRun): number {
        log.push(`call ${word}`);
        return run.computeSync(words, { word: 'hello' });
      }
    }
    return new Ahead();
  };
  let made = 0;

  test('CC-CLS-09 a list of models, each with the contexts that the body will ask for: evaluated before it', () => {
    const model = make(() => [{ model: words, contexts: [{ word: 'hello' }, { word: 'world' }] }]);
    expect(logged(() => model.flow.computeSync({ word: 'x' }))).toEqual(['hello', 'world', 'call x']);
  });

  test('CC-CLS-09 the same under compute, where deps may be asynchronous', async () => {
    const model = make(() => Promise.resolve([{ model: words, contexts: [{ word: 'hello' }] }]));
    log.length = 0;
    expect((await model.flow.compute({ word: 'x' })).value).toBe(5);
    expect(log).toEqual(['hello', 'call x']);
    expect(() => model.flow.computeSync({ word: 'x' })).toThrow(flowError('ASYNC_IN_SYNC', 'deps'));
  });

  test('CC-CLS-09 without the method there are none', () => {
    class Plain extends modelClass({}) {
      call(): number {
        return 1;
      }
    }
    expect(new Plain().deps({}, undefined as never)).toEqual([]);
  });

  test('CC-CLS-10 deps and call receive the same validated context', () => {
    const seen: unknown[] = [];
    const model = make((context) => {
      seen.push(context);
      return [];
    });
    expect(logged(() => model.flow.computeSync({ word: ' x ' }))).toEqual(['call x', 'hello']);
    expect(seen).toEqual([{ word: 'x' }]);
  });

  test('CC-CLS-11 what deps says need not be what the body asks for', () => {
    const model = make(() => [{ model: words, contexts: [{ word: 'goodbye' }] }]);
    expect(logged(() => expect(model.flow.computeSync({ word: 'x' }).value).toBe(5))).toEqual(['goodbye', 'call x', 'hello']);
  });

  test('CC-CLS-12 an invalid context reaches neither deps nor call', () => {
    let asked = 0;
    const model = make(() => asked++);
    expect(logged(() => expect(() => model.flow.computeSync({ word: 5 as never })).toThrow(flowError('INVALID_CONTEXT')))).toEqual([]);
    expect(asked).toBe(0);
  });

  test.each([
    ['no list', 5],
    ['a model', leaf()],
    ['a list of models', [leaf()]],
    ['contexts that are no list', [{ model: leaf(), contexts: { word: 'a' } }]],
    ['something that is no model', [{ model: 5, contexts: [{ word: 'a' }] }]],
    ['a context that is none', [{ model: leaf(), contexts: ['a'] }]],
  ])('CC-CLS-12 a list of another shape is a FlowError: %s', async (_what, wanted) => {
    const error = thrownBy(() => make(() => wanted).flow.computeSync({ word: 'x' }));
    expect(['DEFINITION', 'BIND', 'INVALID_CONTEXT']).toContain((error as { code?: string }).code);
    await expect(make(() => wanted).flow.compute({ word: 'x' })).rejects.toMatchObject({ name: 'FlowError', code: (error as { code: string }).code });
  });

  test('CC-CLS-14 behind a wrapper deps sees the rewritten context', () => {
    const model = make(({ word }) => [{ model: words, contexts: [{ word }] }]);
    expect(logged(() => model.flow.withContext({ word: 'mine' }).flow.computeSync({ word: 'x' }))).toEqual(['mine', 'call mine', 'hello']);
  });

  test('a dependency that fails fails the body only if it asks for it', () => {
    const broken = flowModel({ inputs: {} }, (): number => {
      throw new Error('broken');
    });
    const model = make(() => [{ model: broken(), contexts: [{}] }]);
    expect(model.flow.computeSync({ word: 'x' }).value).toBe(5);
  });
});
