/**
 * A run's memory: keys, the cache, and the other runs of that cache.
 *
 * Looking up goes top down: a cell that the cache knows is done, and what only it needed is never looked at. One level of the graph is asked for at a
 * time. What the cache does not know runs; before a body starts, other runs are asked once more: one may have the result by now, or be at it.
 */
import { deepFreeze } from '../model/frozen.ts';
import type { Model } from '../model/model.ts';
import { GenericResult, isGenericResult } from '../model/result.ts';
import { eachUpstream } from '../plan/plan.ts';
import type { Activation } from '../run/activation.ts';
import type { Place } from '../run/identity.ts';
import type { Memory } from '../run/memory.ts';
import { isPromise } from '../run/results.ts';
import type { Run } from '../run/run.ts';
import { EMPTY, Failure, PENDING } from '../run/states.ts';
import type { Task } from '../run/task.ts';
import { unboxed } from './entries.ts';
import { Flight, flightsOf } from './flights.ts';
import type { Flights, Passenger } from './flights.ts';
import { GuardedCache } from './guarded-cache.ts';
import type { Answers } from './guarded-cache.ts';
import { noteRun } from './history.ts';
import { demandKey, Keys } from './keys.ts';
import type { CacheEntry } from './result-cache.ts';
import { rootKeyPlace } from './root-keys.ts';

export class Remembered implements Memory {
  readonly isOn: boolean;
  readonly #run: Run;
  readonly #keys: Keys;
  readonly #cache: GuardedCache | undefined;
  readonly #flights: Flights | undefined;
  /** Cells that were asked for, by activation. */
  readonly #asked = new Map<Activation, Set<number>>();
  /** This run's flights, and the ones of other runs that it waits for. */
  readonly #own = new Map<Task, Flight>();
  readonly #joined = new Map<Passenger, Flight>();
  /** Cells whose flight in another run was not for others. */
  readonly #refused = new Map<Activation, Set<number>>();

  constructor(run: Run) {
    const { cache } = run.options;
    this.#run = run;
    this.#keys = new Keys(run.options);
    this.isOn = cache !== undefined;
    if (cache === undefined) return;
    this.#flights = flightsOf(cache);
    this.#flights.begin();
    this.#cache = new GuardedCache(cache, this.#flights, run);
  }

  /* ---------- keys ---------- */

  keyOf(act: Activation, cell: number): string {
    return demandKey(this.#keys.of(act, cell), act, cell);
  }

  knownKey(act: Activation, cell: number): string | undefined {
    return this.#keys.known(act, cell);
  }

  identityOf(act: Activation, cell: number): string | undefined {
    try {
      return this.#keys.refOf(act, cell) ?? undefined;
    } catch {
      return undefined; // told where it is looked up
    }
  }

  contentOf(model: Model): unknown {
    try {
      return this.#keys.texts.ofModel(model);
    } catch {
      return model; // what cannot be hashed is itself
    }
  }

  taint(act: Activation, cell: number): void {
    this.#keys.taint(act, cell);
  }

  forget(act: Activation): void {
    this.#asked.delete(act);
    this.#refused.delete(act);
    this.#keys.forget(act);
  }

  isTainted(act: Activation, cell: number): boolean {
    return this.#keys.isTainted(act, cell);
  }

  isUntold(reader: Place, act: Activation): boolean {
    return reader.act !== act && this.#keys.texts.treated.isUntold(reader.act.plan.models[reader.cell]!, act.plan.origin);
  }

  /** The key under which a cell may be kept. */
  #keyFor(act: Activation, cell: number): string | undefined {
    const key = this.#keys.of(act, cell);
    return key === null || this.#keys.isTainted(act, cell) || !this.#keys.isCacheable(act, cell) ? undefined : key;
  }

  /* ---------- top down ---------- */

  lookUp(act: Activation, cell: number, now: boolean): Promise<void> | undefined {
    const { main } = this.#run;
    if (act === main && cell === main.plan.root) return this.#lookUpRoot(act, cell, now);
    this.#keys.of(act, cell);
    return this.#level(act, [cell], now);
  }

  /** The root's key may be known from an earlier run, in which case no other is derived for a hit. */
  #lookUpRoot(act: Activation, cell: number, now: boolean): Promise<void> | undefined {
    noteRun(this.#run.options.cache!, act.plan.origin, act.context, this.#run.options);
    const place = this.#run.options.validateResult === false ? undefined : rootKeyPlace(act.plan, act.context, this.#run.options);
    const known = place?.get();
    if (known !== undefined) {
      this.#keys.adopt(act, cell, known.key, known.source);
      return this.#level(act, [cell], now);
    }
    if (this.#keys.of(act, cell) !== null && this.#keyFor(act, cell) !== undefined) place?.set({ key: this.keyOf(act, cell), source: this.#keys.source(act, cell) });
    return this.#level(act, [cell], now);
  }

  /** Asks for a level of cells and goes on to what the misses need. */
  #level(act: Activation, cells: readonly number[], now: boolean): Promise<void> | undefined {
    let level = cells;
    while (level.length > 0 && !this.#run.isOver) {
      const { keyed, others } = this.#split(act, level);
      const answers = keyed.length === 0 ? [] : this.#cache!.ask(keyed.map((cell) => this.#keys.known(act, cell)!), now);
      if (isPromise<Answers>(answers)) {
        return Promise.resolve(answers).then((found) => (this.#run.isOver ? undefined : this.#level(act, this.#take(act, keyed, others, found), false)));
      }
      level = this.#take(act, keyed, others, answers);
    }
    return undefined;
  }

  /** Which cells of a level the cache may know; those that another run is at are waited for. */
  #split(act: Activation, level: readonly number[]): { readonly keyed: number[]; readonly others: number[] } {
    let asked = this.#asked.get(act);
    if (asked === undefined) this.#asked.set(act, (asked = new Set()));
    const keyed: number[] = [];
    const others: number[] = [];
    for (const cell of level) {
      if (asked.has(cell) || act.values[cell] !== EMPTY) continue;
      asked.add(cell);
      const key = this.#keyFor(act, cell);
      if (key === undefined) others.push(cell);
      else if (!this.#runsHere(act, cell) && !this.#join(act, cell, key)) keyed.push(cell);
    }
    return { keyed, others };
  }

  /** Whether this very run has the cell's evaluation already; then it takes that one's outcome, or waits for it. */
  #runsHere(act: Activation, cell: number): boolean {
    const run = this.#run;
    const place = run.identities?.known(act, cell);
    if (place === undefined || (place.act === act && place.cell === cell) || place.act.values[place.cell] === EMPTY) return false;
    try {
      return run.join(act, cell);
    } catch (error) {
      run.fail(act, cell, error);
      return true;
    }
  }

  /** Takes the hits in; returns what the misses need. */
  #take(act: Activation, keyed: readonly number[], others: readonly number[], answers: Answers): number[] {
    const misses = [...others];
    keyed.forEach((cell, i) => {
      const entry = this.#cache!.checked(answers[i], this.#keys.source(act, cell));
      if (entry === undefined) misses.push(cell);
      else if (act.values[cell] === EMPTY) this.#recalled(act, cell, entry);
    });
    const next = new Set<number>();
    for (const cell of misses) {
      this.#keys.of(act, cell); // a root whose key was remembered has had no others derived
      eachUpstream(act.plan, cell, (upstream) => void next.add(upstream));
    }
    for (const cell of next) this.#keys.of(act, cell);
    return [...next];
  }

  #recalled(act: Activation, cell: number, entry: CacheEntry): void {
    const { definition } = act.plan.models[cell]!;
    const { value, box } = unboxed(definition.freeze ? deepFreeze(entry.value) : entry.value);
    this.#run.managed!.recalled(act, cell, value, box);
  }

  stored(): Promise<void> | undefined {
    return this.#cache?.stored();
  }

  /* ---------- other runs ---------- */

  recall(act: Activation, cell: number): boolean {
    const key = this.#keyFor(act, cell);
    if (key === undefined || this.#refused.get(act)?.has(cell) === true) return false;
    if (this.#join(act, cell, key)) return true;
    const recent = this.#cache!.checked(this.#flights!.recent(key), this.#keys.source(act, cell));
    if (recent !== undefined) this.#recalled(act, cell, recent);
    return recent !== undefined;
  }

  /** Waits for another run that is at a cell's key, if one is. */
  #join(act: Activation, cell: number, key: string): boolean {
    const flight = this.#flights!.live.get(key);
    const run = this.#run;
    if (flight === undefined || run.isSync || run.finishing > 0 || this.#isUnchecked(act, cell) || flight.task.managed.run === run || flight.source !== this.#keys.source(act, cell)) return false;
    act.values[cell] = PENDING;
    act.joined.set(cell, flight.place);
    run.isAsync = true;
    const settle = (take: () => void): void => {
      flight.passengers.delete(passenger);
      this.#joined.delete(passenger);
      act.joined.delete(cell);
      if (run.isOver || act.values[cell] !== PENDING) return;
      take();
      run.drain();
    };
    const again = (): void => {
      const refused = this.#refused.get(act) ?? new Set<number>();
      this.#refused.set(act, refused.add(cell));
      act.values[cell] = EMPTY;
      if (act.remaining !== undefined && act.remaining[cell]! >= 0) run.seats.push({ act, cell });
      else run.want(act, cell);
    };
    // What follows is this run's own business, in its own asynchronous context: hence the promise.
    let land!: (take: () => void) => void;
    void new Promise<() => void>((resolve) => (land = resolve)).then(settle);
    const passenger: Passenger = {
      arrive: (entry) => land(() => this.#recalled(act, cell, entry)),
      fail: (error) => land(() => run.managed!.failedElsewhere(act, cell, error)),
      refuse: () => land(again),
    };
    flight.passengers.add(passenger);
    this.#joined.set(passenger, flight);
    return true;
  }

  /** Whether this run does not parse a result that others do: they have no flight in common. */
  #isUnchecked(act: Activation, cell: number): boolean {
    return act.plan.models[cell]!.definition.output !== undefined && !this.#run.validates(act, cell, this.#run.overrideOf(act, cell));
  }

  share(task: Task): void {
    const { act, cell } = task;
    const key = this.#keyFor(act, cell);
    if (key === undefined || this.#flights!.live.has(key) || this.#isUnchecked(act, cell)) return;
    const flight = new Flight(key, this.#keys.source(act, cell), task);
    this.#flights!.live.set(key, flight);
    this.#own.set(task, flight);
  }

  settle(task: Task, outcome: unknown): void {
    const { act, cell } = task;
    const flight = this.#own.get(task);
    this.#land(task, flight);
    if (outcome instanceof Failure && !this.isTainted(act, cell)) {
      for (const passenger of flight?.passengers ?? []) passenger.fail(outcome.error);
      return;
    }
    const key = task.scope.isAborted || outcome instanceof Failure ? undefined : this.#keyFor(act, cell);
    if (key === undefined) {
      for (const passenger of flight?.passengers ?? []) passenger.refuse();
      return;
    }
    const box = act.boxOf(cell);
    const entry: CacheEntry = Object.freeze({ value: isGenericResult(box) && Object.getPrototypeOf(box) !== GenericResult.prototype ? box : outcome, source: this.#keys.source(act, cell) });
    this.#cache!.keep(key, entry);
    this.#flights!.note(key, entry);
    for (const passenger of flight?.passengers ?? []) passenger.arrive(entry);
  }

  #land(task: Task, flight: Flight | undefined): void {
    if (flight === undefined) return;
    this.#own.delete(task);
    if (this.#flights!.live.get(flight.key) === flight) this.#flights!.live.delete(flight.key);
  }

  isWanted(task: Task): boolean {
    const flight = this.#own.get(task);
    if (flight !== undefined && flight.passengers.size > 0) return (flight.isOrphan = true);
    this.#land(task, flight);
    return false;
  }

  leave(): void {
    this.#cache?.leave();
    for (const [passenger, flight] of this.#joined) {
      flight.passengers.delete(passenger);
      if (flight.isOrphan && flight.passengers.size === 0) flight.task.managed.abandon(flight.task);
    }
    this.#joined.clear();
    this.#flights?.end();
  }
}
