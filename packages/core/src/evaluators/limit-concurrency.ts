import { asEngineEvaluation, evaluationServices } from '../run/evaluation.ts';
import type { Evaluator } from '../run/evaluation.ts';
import { isPromise } from '../run/results.ts';
import type { Scope } from '../run/scope.ts';
import { assertWhole } from '../assert.ts';

/**
 * At most `n` of the evaluations that it is around work at the same time, in each run; the others wait their turn, first come first served. A body that waits for
 * `run.compute` or a thunk gives its place back meanwhile. Models that orchestrate take no place. Under `computeSync` only one body works anyway. Around the run and around a model, the same
 * one counts once; different ones stand around each other in one order everywhere, or two evaluations may each wait for what the other has.
 *
 * Throws DEFINITION for a number below 1.
 *
 * @example
 * ```ts
 * const fetchOne = flowModel({ name: 'fetchOne', inputs: { id: z.number() }, evaluator: limitConcurrency(4) }, ({ id }) => Promise.resolve(id));
 * ```
 */
export function limitConcurrency(n: number): Evaluator {
  assertWhole('limitConcurrency', 'n', n, 1);
  const evaluator: Evaluator = Object.freeze({
    name: `limitConcurrency(${n})`,
    transparent: true,
    evaluate(evaluation, next) {
      const services = evaluationServices(evaluation);
      if (services.orchestrates || services.isSync) return next();
      const places = services.perRun(evaluator, () => new Places(n));
      const scope = asEngineEvaluation(evaluation)?.scope;
      if (scope?.isInside(places.inside) === true) return next(); // it stands around this once more, and counts once
      const { signal } = evaluation;
      let isHeld = false;
      let isDone = false;
      const give = (): void => {
        if (!isHeld) return;
        isHeld = false;
        places.give();
      };
      services.whileWaiting({
        pause: give,
        resume: (go) => {
          if (isDone) return go();
          places.take(() => {
            isHeld = true;
            if (isDone) give();
            go();
          });
        },
      });
      const work = (): unknown => {
        isHeld = true;
        if (scope !== undefined) places.inside.add(scope);
        const release = (): void => {
          isDone = true;
          give();
        };
        let result: unknown;
        try {
          result = next();
        } catch (error) {
          release();
          throw error;
        }
        if (!isPromise(result)) {
          release();
          return result;
        }
        return Promise.resolve(result).then(
          (value) => {
            release();
            return value;
          },
          (error: unknown) => {
            release();
            throw error;
          },
        );
      };
      if (places.isFree) {
        places.take(() => {});
        return work();
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          leave();
          reject(signal.reason as Error);
        };
        // Not on the stack of whoever gives its place back: the body belongs to this evaluation's asynchronous context.
        let go!: () => void;
        new Promise<void>((free) => (go = free)).then(work).then(resolve, reject);
        const leave = places.take(() => {
          signal.removeEventListener('abort', onAbort);
          go();
        });
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  } satisfies Evaluator);
  return evaluator;
}

/** So many places; who comes first is served first. */
class Places {
  /** Those that were let in. */
  readonly inside = new WeakSet<Scope>();
  readonly #limit: number;
  #taken = 0;
  readonly #queue = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFree(): boolean {
    return this.#taken < this.#limit && this.#queue.size === 0;
  }

  /** Calls back once there is a place, at once if there is; returns how to stop waiting. */
  take(go: () => void): () => void {
    if (this.isFree) {
      this.#taken++;
      go();
      return () => {};
    }
    this.#queue.add(go);
    return () => void this.#queue.delete(go);
  }

  give(): void {
    this.#taken--;
    for (const go of this.#queue) {
      if (this.#taken >= this.#limit) return;
      this.#queue.delete(go);
      this.#taken++;
      go();
    }
  }
}
