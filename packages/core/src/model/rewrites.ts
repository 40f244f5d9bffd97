import { closedBrand, computedBrand, inspectHook } from './brand.ts';
import type { Model } from './model.ts';
import type { BoundTransform } from './transform.ts';

/** One effective rewrite of a wrapper, in the order of application. */
export type Rewrite =
  | { readonly kind: 'patch'; readonly transform: BoundTransform; readonly fields: readonly string[] }
  | { readonly kind: 'field'; readonly transform: BoundTransform; readonly field: string }
  | { readonly kind: 'literal'; readonly value: unknown; readonly field: string; readonly isSecret: boolean }
  | { readonly kind: 'computed'; readonly model: Model; readonly field: string };

/** What a wrapper does to the context of its branch. */
export interface Rewrites {
  readonly list: readonly Rewrite[];
  /** With a closed context: the only ambient fields that the branch sees. */
  readonly kept: ReadonlySet<string> | undefined;
}

/** Marks an override whose value is a model's result. */
export class ComputedOverride {
  readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  get [computedBrand](): true {
    return true;
  }

  toString(): string {
    return `computed(${this.model.brief()})`;
  }

  [inspectHook](): string {
    return this.toString();
  }
}

/** Marks a branch whose ambient context is hidden but for some fields. */
export class ClosedContextRewrite {
  readonly kept: readonly string[];

  constructor(kept: readonly string[]) {
    this.kept = Object.freeze([...kept]);
  }

  get [closedBrand](): true {
    return true;
  }

  toString(): string {
    return `closedContext(${this.kept.map((field) => JSON.stringify(field)).join(', ')})`;
  }

  [inspectHook](): string {
    return this.toString();
  }
}
