import { Flow, Node } from '@flowmodel/store';
import { describe, expect, test } from 'vitest';
import { Add, Multiply, rejection, SetTo, Sign, warningsOf } from './nodes.ts';
import type { Numbers } from './nodes.ts';

/** Returns whatever it is told to. */
class Says extends Node {
  #action: unknown;
  constructor(action: unknown) {
    super();
    this.#action = action;
  }
  override post(): string {
    return this.#action as string;
  }
}

class Marks extends Node<{ marks: string[] }> {
  #mark: string;
  constructor(mark: string) {
    super();
    this.#mark = mark;
  }
  override post(shared: { marks: string[] }): string {
    shared.marks.push(this.#mark);
    return `after ${this.#mark}`;
  }
}

describe('actions and transitions', () => {
  test.each([[null], [undefined], ['']])('PF7 %j means default', async (action) => {
    const start = new Says(action);
    start.next(new Marks('default'));
    const shared = { marks: [] };
    await new Flow(start).run(shared);
    expect(shared.marks).toEqual(['default']);
  });

  test('PF8 next sets the default successor and returns it, so that chains read from left to right: (5 + 3) * 2', async () => {
    const start = new SetTo(5);
    start.next(new Add(3)).next(new Multiply(2));
    const shared: Numbers = { current: 0 };
    await new Flow(start).run(shared);
    expect(shared.current).toBe(16);
  });

  test('PF9 on names an action and returns the source, next returns the target', () => {
    const [source, target] = [new Says('x'), new Marks('t')];
    expect(source.on('x', target)).toBe(source);
    expect(source.next(target)).toBe(target);
    expect(source.getNextNode('x')).toBe(target);
  });

  test('PF9 next takes an action as well, as earlier versions of the port do', () => {
    const [source, target] = [new Says('x'), new Marks('t')];
    expect(source.next(target, 'x')).toBe(target);
    expect(source.getNextNode('x')).toBe(target);
    expect([...source._successors.keys()]).toEqual(['x']);
  });

  test.each([[5, 15], [-5, -25]])('PF10 branching: %i becomes %i', async (from, to) => {
    const [start, sign] = [new SetTo(from), new Sign()];
    start.next(sign);
    sign.on('positive', new Add(10)).on('negative', new Add(-20));
    const shared: Numbers = { current: 0 };
    await new Flow(start).run(shared);
    expect(shared.current).toBe(to);
  });

  test('PF11 cycles are legal: 10, 7, 4, 1, -2, and the action of the last node comes out', async () => {
    class Ends extends Node<Numbers> {
      override post(): 'cycle_done' {
        return 'cycle_done';
      }
    }
    const [start, sign, subtract] = [new SetTo(10), new Sign(), new Add(-3)];
    start.next(sign);
    sign.on('positive', subtract).on('negative', new Ends());
    subtract.next(sign);
    const shared: Numbers = { current: 0 };
    expect(await new Flow(start).run(shared)).toBe('cycle_done');
    expect(shared.current).toBe(-2);
  });

  test('PF12 wiring an action again overwrites, and warns with the action and the nodes', async () => {
    const [source, first, second] = [new Says('x'), new Marks('a'), new Add(1)];
    source.on('x', first);
    const warnings = await warningsOf(() => source.on('x', second));
    expect(source.getNextNode('x')).toBe(second);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/Says.*'x'.*Marks.*Add/);
  });

  test('PF13 an action without a successor ends the flow; it warns, naming the known ones, only if there are other successors', async () => {
    const start = new Says('lost');
    start.on('found', new Marks('never')).on('also', new Marks('never'));
    const shared = { marks: [] };
    let action: unknown;
    const warnings = await warningsOf(async () => {
      action = await new Flow(start).run(shared);
    });
    expect(action).toBe('lost');
    expect(shared.marks).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/Says.*'lost'.*'found', 'also'/);
    expect(await warningsOf(() => new Flow(new Says('lost')).run(shared))).toEqual([]);
  });

  test('PF13 the warning calls a missing default successor default', async () => {
    const start = new Says(undefined);
    start.on('found', new Marks('never'));
    const warnings = await warningsOf(() => new Flow(start).run({ marks: [] }));
    expect(warnings[0]).toMatch(/'default'/);
  });

  test('PF14 an action that is no string ends the flow like an unknown one', async () => {
    const start = new Says({ an: 'object' });
    start.on('found', new Marks('never'));
    const shared = { marks: [] };
    await warningsOf(() => new Flow(start).run(shared));
    expect(shared.marks).toEqual([]);
  });

  test('PF15 the action of the last node is the result; none where the last post returned nothing', async () => {
    const [a, b] = [new Marks('a'), new Marks('b')];
    a.on('after a', b);
    expect(await new Flow(a).run({ marks: [] })).toBe('after b');
    expect(await new Flow(new SetTo(1)).run({ current: 0 })).toBeUndefined();
    expect(await new Flow(undefined as never).run({})).toBeUndefined();
  });

  test('PF16 the start may be changed later', async () => {
    const flow = new Flow<{ marks: string[] }>(new Marks('a'));
    flow.start = new Marks('b');
    const shared = { marks: [] as string[] };
    await flow.run(shared);
    expect(shared.marks).toEqual(['b']);
  });

  test('a node may be its own successor', async () => {
    class Down extends Node<Numbers> {
      override post(shared: Numbers): 'again' | 'done' {
        return --shared.current > 0 ? 'again' : 'done';
      }
    }
    const down = new Down();
    down.on('again', down).on('done', new Node());
    const shared: Numbers = { current: 5 };
    await new Flow(down).run(shared);
    expect(shared.current).toBe(0);
  });
});

describe('maxSteps', () => {
  const runaway = (): Says => {
    const [ping, pong] = [new Says('to pong'), new Says('to ping')];
    ping.on('to pong', pong);
    pong.on('to ping', ping);
    return ping;
  };

  test('a flow that takes more steps ends with an error that shows the last transitions', async () => {
    const error = await rejection(new Flow(runaway(), { name: 'game', maxSteps: 5 }).run({}));
    expect(error.code).toBe('MAX_STEPS');
    expect(error.message).toContain('game took more than 5 steps');
    expect(error.message).toContain('Says -to pong-> Says -to ping-> Says -to pong-> Says -to ping-> Says -to pong-> Says');
    expect(error.details).toMatchObject({ maxSteps: 5 });
  });

  test('of many steps it shows the last few', async () => {
    const error = await rejection(new Flow(runaway(), { maxSteps: 100 }).run({}));
    expect(error.message).toMatch(/: Says(?: -to p\w+-> Says){8}\. /);
    expect(error.details!['trail']).toHaveLength(9);
  });

  test('exactly as many steps are fine', async () => {
    let ran = 0;
    class Five extends Node {
      override post(): string {
        return ++ran < 5 ? 'again' : 'done';
      }
    }
    const five = new Five();
    five.on('again', five).on('done', new Node());
    await expect(new Flow(five, { maxSteps: 6 }).run({})).resolves.toBeUndefined();
    ran = 0;
    expect((await rejection(new Flow(five, { maxSteps: 5 }).run({}))).code).toBe('MAX_STEPS');
  });
});
