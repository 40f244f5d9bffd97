/** A `FlowInspection` and how it prints. */
import { asModel, inspectHook, UNSET } from '../model/brand.ts';
import type { Paint } from './report.ts';
import { headline, plain, report } from './report.ts';
import { valueText } from './text.ts';
import type { FlowInspection } from './types.ts';

type Data = Omit<FlowInspection, 'toString' | 'toJSON'>;

/** What Node hands to its hook; other runtimes hand over less. */
interface HookOptions {
  readonly colors?: boolean;
  readonly stylize?: (text: string, style: string) => string;
}

const asJson = (value: unknown): unknown => (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value) ? value : valueText(value));

const mapped = <T>(record: Readonly<Record<string, T>>, map: (value: T) => unknown): object => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

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

  /** What models are called by their paths, where a package made them for its users. */
  readonly #labels: ReadonlyMap<string, string>;

  constructor(data: Data, labels: ReadonlyMap<string, string>) {
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
    this.#labels = labels;
    Object.freeze(this);
  }

  toString(): string {
    return report(this, plain, this.#labels);
  }

  /** What `JSON.stringify` gets: models and everything else that JSON does not have as short text, what is unset left out. */
  toJSON(): object {
    const inputs = mapped(this.inputs, ({ value, default: fallback, ...rest }) => ({ ...rest, ...(fallback !== UNSET && { default: asJson(fallback) }), ...(value !== UNSET && { value: asJson(value) }) }));
    const dependencies = this.dependencies.map(({ model, context, ...rest }) => ({ ...rest, model: asModel(model)!.toString(), context: context === null ? null : mapped(context, asJson) }));
    const { contextInputs, runtimeInputs, requiredInputs, graph, unboundInputs, resources, problems } = this;
    const boundInputs = mapped(this.boundInputs, asJson);
    return { model: asModel(this.model)!.toString(), inputs, contextInputs, runtimeInputs, requiredInputs, boundInputs, dependencies, graph, unboundInputs, resources, problems };
  }

  /** Colours as the console asks for them: it knows of terminals, and of NO_COLOR. Below the depth asked for, one line. */
  [inspectHook](depth?: number | null, options?: HookOptions): string {
    const paint: Paint = options?.colors === true && options.stylize !== undefined ? options.stylize.bind(options) : plain;
    return typeof depth === 'number' && depth < 1 ? paint(headline(this), 'special') : report(this, paint, this.#labels);
  }
}
