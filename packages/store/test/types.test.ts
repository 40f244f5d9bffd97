/** What compiles and what does not. The type-check of this folder is the test; the bodies run as well. */
import type { FlowRun } from '@flowmodel/core';
import { BaseNode, BatchFlow, BatchNode, createStore, Flow, Node, sum } from '@flowmodel/store';
import type { ActionsOf, Store } from '@flowmodel/store';
import { describe, expect, expectTypeOf, test } from 'vitest';

interface Shared {
  n: number;
  out?: string;
}

class Route extends Node<Shared, { id: string; tags: string[] }, number, string, 'even' | 'odd'> {
  override prep(shared: Shared): number {
    expectTypeOf(this.params).toEqualTypeOf<{ readonly id: string; readonly tags: readonly string[] }>();
    return shared.n;
  }
  override exec(n: number, run: FlowRun): string {
    expectTypeOf(run?.signal).toEqualTypeOf<AbortSignal>();
    return String(n);
  }
  override post(shared: Shared, n: number, text: string): 'even' | 'odd' {
    shared.out = text;
    return n % 2 === 0 ? 'even' : 'odd';
  }
}

/** The actions are those of the declared return type; none need be declared twice. */
class Inferred extends Node<Shared> {
  override async post(shared: Shared): Promise<'again' | undefined> {
    return shared.n > 0 ? 'again' : undefined;
  }
}

class Silent extends Node<Shared> {
  override post(shared: Shared): void {
    shared.n = 0;
  }
}

describe('actions', () => {
  test('wiring an action that post cannot return does not compile', () => {
    const [route, inferred, silent] = [new Route(), new Inferred(), new Silent()];
    expect(route.on('even', silent).on('odd', inferred)).toBe(route);
    // @ts-expect-error post returns 'even' or 'odd'
    route.on('neither', silent);
    // @ts-expect-error post always names an action, so there is no default
    route.next(silent);
    expect(route.next(silent, 'even')).toBe(silent);
    inferred.on('again', inferred).next(route);
    inferred.on('default', route);
    // @ts-expect-error only 'again' or nothing
    inferred.on('agian', route);
    silent.next(route);
    // @ts-expect-error post returns nothing
    silent.on('done', route);
    expectTypeOf<ActionsOf<Route>>().toEqualTypeOf<'even' | 'odd'>();
    expectTypeOf<ActionsOf<Inferred>>().toEqualTypeOf<'again' | 'default'>();
    expectTypeOf<ActionsOf<Silent>>().toEqualTypeOf<'default'>();
    expectTypeOf<ActionsOf<Node>>().toEqualTypeOf<string>();
  });

  test('a post that returns an action which is not declared does not compile', () => {
    class Wrong extends Node<Shared, Record<string, unknown>, unknown, unknown, 'yes' | 'no'> {
      // @ts-expect-error 'maybe' is not declared
      override post(): 'yes' | 'maybe' {
        return 'maybe';
      }
    }
    expect(new Wrong()).toBeInstanceOf(BaseNode);
  });

  test('next hands back the type of its target', () => {
    expectTypeOf(new Silent().next(new Inferred())).toEqualTypeOf<Inferred>();
    expectTypeOf(new Route().on('even', new Silent())).toEqualTypeOf<Route>();
  });
});

describe('phases and params', () => {
  test('the phases fit each other', () => {
    class Wrong extends Node<Shared, Record<string, unknown>, number, string> {
      // @ts-expect-error prep yields a number
      override prep(): string {
        return 'x';
      }
      // @ts-expect-error exec yields a string
      override exec(n: number): number {
        return n;
      }
    }
    expect(new Wrong()).toBeInstanceOf(BaseNode);
  });

  test('params are readonly and typed', () => {
    const route = new Route();
    route.setParams({ id: 'a', tags: [] });
    // @ts-expect-error id is a string
    route.setParams({ id: 1, tags: [] });
    expect(() => {
      // @ts-expect-error params are readonly
      route.params.id = 'b';
    }).toThrow(TypeError);
  });

  test("a batch node's exec gets an item, its post the items and the results", () => {
    class Lengths extends BatchNode<Shared, Record<string, unknown>, string, number> {
      override prep(): Set<string> {
        return new Set(['a']);
      }
      override exec(word: string): number {
        return word.length;
      }
      override post(_shared: Shared, words: string[], lengths: number[]): void {
        expectTypeOf(words).toEqualTypeOf<string[]>();
        expectTypeOf(lengths).toEqualTypeOf<number[]>();
      }
    }
    class Passes extends BatchFlow<Shared, Record<string, unknown>, { id: string }[]> {
      override prep(): { id: string }[] {
        return [{ id: 'a' }];
      }
    }
    expect(new Passes(new Lengths())).toBeInstanceOf(Flow);
  });

  test('classes in the style of the port compile', () => {
    class Port extends Node<{ current?: number; [key: string]: unknown }, { key: string }> {
      private readonly factor: number;
      constructor(factor = 2, maxRetries = 1, wait = 0) {
        super(maxRetries, wait);
        this.factor = factor;
      }
      override async prep(shared: { current?: number }): Promise<number> {
        return (shared.current ?? 0) * this._params.key.length;
      }
      override async exec(prepRes: number): Promise<number> {
        return prepRes * this.factor;
      }
      override async execFallback(_prepRes: number, _error: Error): Promise<number> {
        return 0;
      }
      override async post(shared: { current?: number }, _prepRes: number, execRes: number): Promise<string | undefined> {
        shared.current = execRes;
        return undefined;
      }
    }
    const [a, b] = [new Port(), new Port(3)];
    a.next(b).on('anything', a);
    expect(new Flow(a)).toBeInstanceOf(Flow);
  });
});

describe('stores', () => {
  test('run takes the store of its nodes, plain or created', async () => {
    const flow = new Flow(new Silent());
    expectTypeOf(flow).toEqualTypeOf<Flow<Shared>>();
    await flow.run({ n: 1 });
    await flow.run(createStore<Shared>({ n: 1 }));
    // @ts-expect-error n is missing
    await flow.run({});
    // @ts-expect-error n is a number
    await flow.run({ n: 'one' });
    expectTypeOf<Store<Shared>['state']['n']>().toEqualTypeOf<number>();
    const store = createStore<Shared>({ n: 1 });
    expect(() => {
      // @ts-expect-error the state is readonly
      store.state.n = 2;
    }).toThrow(TypeError);
    expect(new Flow(new Silent(), { reducers: { n: sum } })).toBeInstanceOf(Flow);
  });
});
