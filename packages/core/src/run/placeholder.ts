/** What stands for a result that a dry run did not compute. */
import { inspectHook } from '../model/brand.ts';

/** Prints as `<visitorDelta: { change: number }>`; holds no value. */
export class Placeholder {
  readonly model: string;
  /** The declared output, `unknown` without one. */
  readonly type: string;

  constructor(model: string, type: string) {
    this.model = model;
    this.type = type;
    Object.freeze(this);
  }

  toString(): string {
    return `<${this.model}: ${this.type}>`;
  }

  [inspectHook](): string {
    return this.toString();
  }
}
