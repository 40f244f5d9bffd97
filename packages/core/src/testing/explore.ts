import { FlowError, show } from '../errors.ts';
import { Choices, simplerThan } from './choices.ts';
import { Play } from './play.ts';
import type { PlayOptions } from './play.ts';
import { nthSeed } from './random.ts';
import type { Finding, FindingKind, Scenario } from './schedule.ts';
import { onUnhandledRejection } from './unhandled.ts';

export interface ExploreOptions {
  /** How many schedules are tried. Default 1,000. */
  readonly schedules?: number;
  /** Another seed, other schedules. Default 1. */
  readonly seed?: number;
  /** One schedule only: the choices that a failure printed. */
  readonly replay?: readonly number[];
  /** Whether timers may be set when the scenario is done, for bodies that keep timers of their own and listen to no signal. Default false. */
  readonly timersMayStay?: boolean;
  /** A schedule with more moves has no end. Default 10,000. */
  readonly mostMoves?: number;
  /** Whether a simpler schedule with the same failure is looked for. Default true. */
  readonly shrink?: boolean;
}

export interface Exploration {
  readonly seed: number;
  readonly schedules: number;
  /** Gates opened, timers fired and so on, in all schedules together. */
  readonly moves: number;
}

/** A schedule came to grief. The message has the seed, the schedule and what happened in it; `cause` is what the scenario threw, if it did. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  readonly kind: FindingKind;
  readonly seed: number;
  /** Which one of the seed's schedules, from 0 up. */
  readonly schedule: number;
  /** For the option `replay`. */
  readonly choices: readonly number[];
  /** What happened, a line each. */
  readonly account: readonly string[];

  constructor({ kind, text, cause }: Finding, seed: number, schedule: number, choices: readonly number[], account: readonly string[]) {
    const lines = account.map((line) => `  ${line}`).join('\n');
    super(`${kind}: ${text}\nSchedule ${schedule} of seed ${seed}. To play it alone: explore(scenario, { replay: ${JSON.stringify(choices)} })\n${lines}`, { cause });
    this.kind = kind;
    this.seed = seed;
    this.schedule = schedule;
    this.choices = choices;
    this.account = account;
  }
}

const MOST_ATTEMPTS_TO_SHRINK = 400;

/**
 * Plays a scenario in many schedules, each a random but reproducible order in which its gates open and its timers fire, and rejects with a `ScheduleError`
 * at the first that fails: an assertion of the scenario, a deadlock (nothing can move, and the scenario still waits), a lost wake-up (a watched promise that never settles), a
 * double run, too many at once, a timer or a listener left behind, a rejection that nobody handles. Nothing sleeps: time is the schedule's own. Everything
 * asynchronous in a scenario has to go by the schedule's gates and clock; real I/O does not. One exploration at a time, since rejections say nothing of where they come from.
 *
 * Throws DEFINITION for options that make no sense.
 *
 * @example
 * ```ts
 * import { flowModel, memoryCache } from '@flowmodel/core';
 * import { explore } from '@flowmodel/core/testing';
 *
 * const { schedules } = await explore(
 *   async (schedule) => {
 *     const load = flowModel({ name: 'load', inputs: {}, replace: true }, () => {
 *       schedule.once('load'); // two callers at a time, one body
 *       return schedule.gate('load', 7);
 *     });
 *     const cache = memoryCache();
 *     const both = await Promise.all([load().flow.compute({}, { cache }), load().flow.compute({}, { cache })]);
 *     if (both.some(({ value }) => value !== 7)) throw new Error('wrong value');
 *   },
 *   { schedules: 100 },
 * );
 * console.log(schedules); // 100
 * ```
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<Exploration> {
  const { schedules = 1000, seed = 1, replay, timersMayStay = false, mostMoves = 10_000, shrink = true } = options;
  for (const [name, value] of Object.entries({ schedules, mostMoves })) {
    if (!Number.isInteger(value) || value < 1) throw new FlowError('DEFINITION', `explore: expected '${name}' to be a whole number from 1 up, got ${show(value)}.`);
  }
  const rules: PlayOptions = { timersMayStay, mostMoves };
  if (replay !== undefined) {
    const played = await playOnce(scenario, Choices.replayed(replay), rules);
    if (played.finding !== undefined) throw new ScheduleError(played.finding, seed, 0, replay, played.account);
    return { seed, schedules: 1, moves: played.moves };
  }
  let moves = 0;
  for (let i = 0; i < schedules; i++) {
    const choices = Choices.random(nthSeed(seed, i));
    const played = await playOnce(scenario, choices, rules);
    moves += played.moves;
    if (played.finding === undefined) continue;
    const simplest = shrink ? await shrunk(scenario, played, rules) : played;
    throw new ScheduleError(simplest.finding!, seed, i, simplest.choices, simplest.account);
  }
  return { seed, schedules, moves };
}

interface Played {
  readonly finding: Finding | undefined;
  readonly choices: readonly number[];
  readonly account: readonly string[];
  readonly moves: number;
}

async function playOnce(scenario: Scenario, choices: Choices, rules: PlayOptions): Promise<Played> {
  const play = new Play(choices, rules);
  const stop = onUnhandledRejection((reason) => void play.fail('unhandled rejection', reason instanceof Error ? reason.message : show(reason), reason));
  try {
    await play.play(scenario);
  } finally {
    stop();
  }
  return { finding: play.finding, choices: choices.made, account: play.account, moves: play.moves };
}

/** The simplest schedule that is found to fail in the same way. */
async function shrunk(scenario: Scenario, failed: Played, rules: PlayOptions): Promise<Played> {
  let best = failed;
  let attempts = 0;
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const choices of simplerThan(best.choices)) {
      if (attempts++ === MOST_ATTEMPTS_TO_SHRINK) return best;
      const played = await playOnce(scenario, Choices.replayed(choices), rules);
      if (played.finding?.kind !== failed.finding!.kind) continue;
      best = { ...played, choices };
      isBetter = true;
      break;
    }
  }
  return best;
}
