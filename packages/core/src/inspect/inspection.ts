/** A `FlowInspection` and how it prints. */
import { inspectHook } from '../model/brand.ts';
import type { Paint } from './report.ts';
import { headline, plain, report } from './report.ts';
import type { FlowInspection } from './types.ts';

type Data = Omit<FlowInspection, 'toString'>;

/** What Node hands to its hook; other runtimes hand over less. */
interface HookOptions {
  readonly colors?: boolean;
  readonly stylize?: (text: string, style: string) => string;
}

export class Inspection implements FlowInspection {
  readonly model: Data['model'];
  readonly inputs: Data['inputs'];
  readonly contextInputs: Data['contextInputs'];
  readonly runtimeInputs: Data['runtimeInputs'];
  readonly requiredInputs: Data['requiredInputs'];
  readonly boundInputs: Data['boundInputs'];
  readonly dependencies: Data['dependencies'];
  readonly graph: Data['graph'];
  readonly unboundInputs: Data['unboundInputs'];
  readonly resources: Data['resources'];
  readonly problems: Data['problems'];

  constructor(data: Data) {
    this.model = data.model;
    this.inputs = data.inputs;
    this.contextInputs = data.contextInputs;
    this.runtimeInputs = data.runtimeInputs;
    this.requiredInputs = data.requiredInputs;
    this.boundInputs = data.boundInputs;
    this.dependencies = data.dependencies;
    this.graph = data.graph;
    this.unboundInputs = data.unboundInputs;
    this.resources = data.resources;
    this.problems = data.problems;
    Object.freeze(this);
  }

  toString(): string {
    return report(this, plain);
  }

  /** Colours as the console asks for them: it knows of terminals, and of NO_COLOR. Below the depth asked for, one line. */
  [inspectHook](depth?: number | null, options?: HookOptions): string {
    const paint: Paint = options?.colors === true && options.stylize !== undefined ? options.stylize.bind(options) : plain;
    return typeof depth === 'number' && depth < 1 ? paint(headline(this), 'special') : report(this, paint);
  }
}
