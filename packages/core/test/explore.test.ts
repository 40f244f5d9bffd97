/** The schedule explorer finds what goes wrong in some order of things, says in which, and leaves alone what is right in all of them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { explore, ScheduleError } from '@flowmodel/core/testing';
import type { ExploreOptions, Scenario, Schedule } from '@flowmodel/core/testing';
import { describe, expect, test } from 'vitest';
import { refusal, rejection } from './refusal.ts';

/** What the explorer finds. */
async function found(scenario: Scenario, options: ExploreOptions = {}): Promise<ScheduleError> {
  const outcome: unknown = await explore(scenario, { schedules: 200, ...options }).catch((error: unknown) => error);
  if (outcome instanceof ScheduleError) return outcome;
  throw new Error(`Expected a ScheduleError, got ${JSON.stringify(outcome)}.`);
}

/** Two writers that read before they wait and write after. */
const lostUpdate = async (schedule: Schedule): Promise<void> => {
  let total = 0;
  const add = async (name: string): Promise<void> => {
    const before = total;
    await schedule.gate(name);
    total = before + 1;
  };
  const first = add('first');
  await schedule.gate('in between');
  await Promise.all([first, add('second')]);
  if (total !== 2) throw new Error(`total is ${total}`);
};

describe('what it finds', () => {
  test('an order in which an assertion fails, with what was thrown as the cause', async () => {
    const error = await found(lostUpdate);
    expect(error).toMatchObject({ kind: 'failure', cause: expect.objectContaining({ message: 'total is 1' }) });
  });

  test('a deadlock: two that wait for each other, in the schedules in which both hold one', async () => {
    const error = await found(async (schedule) => {
      const held = new Map<string, Promise<void>>();
      const lock = async (name: string): Promise<() => void> => {
        while (held.has(name)) await held.get(name);
        let free!: () => void;
        held.set(name, new Promise((resolve) => {
          free = () => {
            held.delete(name);
            resolve();
          };
        }));
        return free;
      };
      const both = async (one: string, other: string): Promise<void> => {
        const free = await lock(one);
        await schedule.gate(`${one} is held`);
        const freeOther = await lock(other);
        freeOther();
        free();
      };
      await Promise.all([schedule.watch('left', both('a', 'b')), schedule.watch('right', both('b', 'a'))]);
    });
    expect(error.kind).toBe('deadlock');
    expect(error.message).toContain('left, right');
  });

  test('a schedule in which only what need not happen is left stands still', async () => {
    const error = await found((schedule) => new Promise((resolve) => void schedule.signal('caller').addEventListener('abort', resolve)));
    expect(error.kind).toBe('deadlock');
  });

  test('a lost wake-up: somebody who waits is not called', async () => {
    const error = await found(async (schedule) => {
      let wake: (() => void) | undefined;
      void schedule.watch('sleeper', schedule.gate('falls asleep').then(() => new Promise<void>((resolve) => {
        wake = resolve;
      })));
      await schedule.gate('event');
      wake?.(); // too early, in some schedules
    });
    expect(error).toMatchObject({ kind: 'lost wake-up', message: expect.stringContaining('sleeper') as string });
  });

  test('a double run, also where the code under test swallows the error', async () => {
    const error = await found(async (schedule) => {
      const cache = new Map<string, number>();
      const load = async (): Promise<void> => {
        if (cache.has('a')) return;
        schedule.once('load');
        cache.set('a', await schedule.gate('load', 1));
      };
      await Promise.allSettled([load(), schedule.gate('second caller').then(load)]);
    });
    expect(error).toMatchObject({ kind: 'double run', message: expect.stringContaining('load ran twice') as string });
  });

  test('too many at once', async () => {
    const enter = async (schedule: Schedule, most: number): Promise<void> => {
      const work = async (name: string): Promise<void> => {
        await schedule.gate(`${name} comes`);
        const leave = schedule.enter('slot', most);
        await schedule.gate(`${name} works`);
        leave();
        leave(); // once is enough
      };
      await Promise.allSettled(['a', 'b', 'c'].map(work));
    };
    expect((await found((schedule) => enter(schedule, 2))).kind).toBe('too many at once');
    await expect(explore((schedule) => enter(schedule, 3), { schedules: 200 })).resolves.toMatchObject({ schedules: 200 });
  });

  test('a timer that is left when the scenario is done', async () => {
    const race = async (schedule: Schedule, clears: boolean): Promise<void> => {
      let timer: unknown;
      const late = new Promise((resolve) => {
        timer = schedule.clock.setTimeout(() => resolve('late'), 100);
      });
      await Promise.race([late, schedule.gate('work')]);
      if (clears) schedule.clock.clearTimeout(timer);
    };
    expect(await found((schedule) => race(schedule, false))).toMatchObject({ kind: 'leftover timer', message: expect.stringContaining('100 ms') as string });
    await explore((schedule) => race(schedule, true), { schedules: 200 });
    await explore((schedule) => race(schedule, false), { schedules: 200, timersMayStay: true });
  });

  test('a listener that is left on a signal', async () => {
    const listen = async (schedule: Schedule, removes: boolean): Promise<void> => {
      const signal = schedule.signal('caller');
      const heard = (): void => {};
      signal.addEventListener('abort', heard);
      await schedule.gate('work');
      if (removes) signal.removeEventListener('abort', heard);
    };
    expect((await found((schedule) => listen(schedule, false))).kind).toBe('leftover listener');
    await explore((schedule) => listen(schedule, true), { schedules: 200 });
  });

  test('a rejection that nobody handles', async () => {
    const script = fileURLToPath(new URL('testing/unhandled.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@flowmodel/source', script], { env: { ...process.env, NODE_OPTIONS: '' } });
    expect(stdout.trim()).toBe('unhandled rejection: nobody listens');
  });

  test('something that goes on for ever', async () => {
    const error = await found(async (schedule) => {
      for (;;) await schedule.gate('again');
    }, { mostMoves: 50, shrink: false });
    expect(error.kind).toBe('no end');
  });

  test('what a move throws, and what the scenario throws at once', async () => {
    const broken = new Error('broken');
    const act = (): never => {
      throw broken;
    };
    expect(await found(async (schedule) => {
      schedule.later('breaks', act);
      await schedule.gate('work');
      await schedule.gate('more');
    })).toMatchObject({ kind: 'failure', cause: broken });
    expect(await found(act)).toMatchObject({ kind: 'failure', cause: broken });
  });
});

describe('what it says', () => {
  test('the seed, the schedule, and what happened, as little of it as it takes', async () => {
    const error = await found(lostUpdate, { seed: 5 });
    expect(error.seed).toBe(5);
    expect(error.message).toMatch(/^failure: total is 1\nSchedule \d+ of seed 5\. /);
    expect(error.account.filter((line) => line.endsWith('opens')).toSorted()).toEqual(['first opens', 'in between opens', 'second opens']);
    const full = await found(lostUpdate, { seed: 5, shrink: false });
    expect(full.choices.length).toBeGreaterThan(error.choices.length);
    expect(full.schedule).toBe(error.schedule);
  });

  test('the choices play the schedule again', async () => {
    const error = await found(lostUpdate);
    const again = await found(lostUpdate, { replay: error.choices });
    expect(again.account).toEqual(error.account);
    await expect(explore(async () => {}, { replay: error.choices })).resolves.toMatchObject({ schedules: 1 });
  });

  test('one seed, the same schedules; another seed, others', async () => {
    const played = async (seed: number): Promise<string[]> => {
      const orders: string[] = [];
      await explore(async (schedule) => {
        let order = '';
        await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => schedule.gate(name).then(() => {
          order += name;
        })));
        orders.push(order);
      }, { schedules: 20, seed });
      return orders;
    };
    expect(await played(3)).toEqual(await played(3));
    expect(await played(4)).not.toEqual(await played(3));
  });
});

describe('what may happen', () => {
  test('gates open in every order', async () => {
    const orders = new Set<string>();
    await explore(async (schedule) => {
      let order = '';
      await Promise.all(['a', 'b', 'c'].map(async (name) => schedule.gate(name).then(() => {
        order += name;
      })));
      orders.add(order);
    }, { schedules: 200 });
    expect([...orders].toSorted()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });

  test('a gate before a timer and after it; timers among themselves as they are due', async () => {
    const orders = new Set<string>();
    await explore(async (schedule) => {
      let order = '';
      const sleep = (ms: number): Promise<void> => new Promise((resolve) => void schedule.clock.setTimeout(() => {
        order += `${ms}@${schedule.clock.now()} `;
        resolve();
      }, ms));
      await Promise.all([sleep(20), sleep(10), schedule.gate('gate').then(() => {
        order += 'gate ';
      })]);
      orders.add(order);
    }, { schedules: 200 });
    expect([...orders].toSorted()).toEqual(['10@10 20@20 gate ', '10@10 gate 20@20 ', 'gate 10@10 20@20 ']);
  });

  test('two gates at once, before what the first sets off has happened', async () => {
    const seen = new Set<string>();
    await explore(async (schedule) => {
      let order = '';
      const walk = async (name: string): Promise<void> => {
        await schedule.gate(name);
        order += name;
        for (let tick = 0; tick < 3; tick++) await Promise.resolve();
        order += name.toUpperCase();
      };
      await Promise.all([walk('a'), walk('b')]);
      seen.add(order);
    }, { schedules: 300 });
    expect([...seen].toSorted()).toEqual(['aAbB', 'abAB', 'bBaA', 'baBA']);
  });

  test('a gate yields its outcome, calls a function for it, and rejects with what that throws', async () => {
    const broken = new Error('broken');
    await explore(async (schedule) => {
      expect(await schedule.gate('value', 4)).toBe(4);
      expect(await schedule.gate('function', () => 5)).toBe(5);
      await expect(schedule.gate('throws', () => { throw broken; })).rejects.toBe(broken);
      expect(await schedule.gate('nothing')).toBeUndefined();
    }, { schedules: 20 });
  });

  test('a gate with a signal rejects when it aborts, and leaves no listener when it does not', async () => {
    const outcomes = new Set<string>();
    await explore(async (schedule) => {
      const signal = schedule.signal('caller', 'enough');
      outcomes.add(await schedule.gate('work', 'done', { signal }).catch(String));
      if (signal.aborted) await expect(schedule.gate('more', 'done', { signal })).rejects.toBe('enough');
    }, { schedules: 100 });
    expect([...outcomes].toSorted()).toEqual(['done', 'enough']);
  });

  test('what is late comes late: gates that nobody waits for open when the scenario is done', async () => {
    let late = 0;
    await explore((schedule) => {
      void schedule.gate('late').then(() => late++);
      schedule.later('later', () => late++);
    }, { schedules: 20 });
    expect(late).toBe(40);
  });

  test('choose: numbers and members of a list, each of them at some time', async () => {
    const seen = new Set<unknown>();
    await explore((schedule) => {
      seen.add(schedule.choose(3));
      seen.add(schedule.choose(['x', 'y'] as const));
      schedule.note('noted');
    }, { schedules: 50 });
    expect(seen).toEqual(new Set([0, 1, 2, 'x', 'y']));
  });
});

test.each([{ schedules: 0 }, { schedules: 1.5 }, { mostMoves: -1 }])('options that make no sense are refused: %j', async (options) => {
  expect((await rejection(explore(() => {}, options))).code).toBe('DEFINITION');
});

test('an error that is not the explorer’s business passes: misuse of the clock', async () => {
  await explore((schedule) => {
    expect(refusal(() => schedule.clock.setTimeout(() => {}, Infinity)).code).toBe('DEFINITION');
  }, { schedules: 1 });
});
