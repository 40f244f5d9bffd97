/** What evaluators and overrides make of models that bodies evaluate themselves: these are no cells of the plan, and yet part of the result. */
import type { Model } from '../model/model.ts';
import type { Treat } from '../plan/planner.ts';
import type { Evaluator } from '../run/evaluation.ts';
import { treatOf } from '../run/options.ts';
import type { ComputeOptions, Overridden, Override } from '../run/options.ts';
import { modelsIn } from './changeable.ts';

/** The name of an evaluator as it stands in a key; nothing for a transparent one. */
export const opaqueName = (evaluator: Evaluator | undefined): string => (evaluator === undefined || evaluator.transparent === true ? '' : JSON.stringify(evaluator.name));

/** Whether overrides make other results. */
export const makesOther = ({ overrides }: ComputeOptions): boolean => overrides?.some((override) => isReplaced(override) || opaqueName(override.evaluator) !== '') === true;

export class Treated {
  readonly hasOverrides: boolean;
  readonly #treat: Treat | undefined;

  constructor(options: ComputeOptions) {
    this.hasOverrides = makesOther(options);
    this.#treat = this.hasOverrides ? treatOf(options) : undefined;
  }

  /** The model's own opaque evaluator, or the one in its place. */
  evaluatorText(model: Model): string {
    const name = opaqueName(this.#overrideOf(model)?.evaluator ?? (model.definition.evaluator as Evaluator | undefined));
    return name === '' ? '' : `|e${name}`;
  }

  /** Whether a model may evaluate one whose body is replaced, or that is made volatile. */
  asksReplaced({ definition, values }: Model): boolean {
    return this.hasOverrides && definition.inputs.some(({ role, index }) => role === 'model' && typeof values[index] === 'object' && this.#some(values[index] as Model, isReplaced));
  }

  /** Whether an override puts an opaque evaluator around anything in a graph that a model's key does not tell of: one that its body made. */
  isUntold(asker: Model, asked: Model): boolean {
    return this.hasOverrides && !modelsIn(asker).has(asked) && this.#some(asked, ({ evaluator }) => opaqueName(evaluator) !== '');
  }

  #some(root: Model, test: (override: Override) => boolean): boolean {
    for (const model of modelsIn(root)) {
      const override = this.#overrideOf(model);
      if (override !== undefined && test(override)) return true;
    }
    return false;
  }

  #overrideOf(model: Model): Override | undefined {
    return (this.#treat?.(model.base, model.rewrites) as Overridden | undefined)?.override; // treatments of a run come from its overrides
  }
}

const isReplaced = ({ body, volatile }: Override): boolean => body !== undefined || volatile === true;
