/** The definition behind batches: one of the core's, whose body evaluates `each` once per item. */
import { DefinitionRegistry, flowModel, ModelInput, runServices } from '@flowmodel/core';
import type { AnyModel, FlowRun, ModelOptions, Shape } from '@flowmodel/core';
import { assertWhole, isPromise, show } from '@flowmodel/core/extending';
import { z } from 'zod';
import { safeParse } from 'zod/v4/core';
import { assertCallback, problem, readLimits } from '../limit/options.ts';
import type { ReadOptions } from '../limit/options.ts';
import { carriedFields } from './fields.ts';
import type { CarriedFields } from './fields.ts';
import { frozenParams, parsedItem } from './item.ts';
import { definitionOf, knowBatch } from './known.ts';
import { checkedList, keysOf } from './list.ts';
import type { KeyBy } from './list.ts';
import { runItems, runItemsSync } from './run-items.ts';
import type { Entry, ItemsJob } from './run-items.ts';
import type { BatchLimits, BatchStats } from './types.ts';

type Params = Readonly<Record<string, unknown>>;

/** A batch's options, their types aside. */
export interface RawBatch extends BatchLimits {
  readonly who: string;
  readonly inputs: Shape;
  readonly item: z.ZodObject | undefined;
  readonly params: (inputs: Params, run: FlowRun) => unknown;
  readonly each: AnyModel;
  readonly keyBy: KeyBy | undefined;
  readonly model: ModelOptions;
  /** Where entries go in place of the value; known when the batch begins. */
  sink?: Pick<ItemsJob, 'settled' | 'isFull' | 'whenRead'> | undefined;
}

/** Instances under way at once, where nobody says how many. */
const DEFAULT_CONCURRENCY = 5;

/** A failed item makes a value that no cache may keep; having asked for something volatile says so. */
const incomplete = flowModel({ name: 'incomplete', definitions: new DefinitionRegistry(), inputs: {}, volatile: true }, () => undefined)();

/** The factory. Throws DEFINITION, DUPLICATE_NAME, UNBOUND_INPUT. */
export function defineBatch(raw: RawBatch): (bindings?: object) => AnyModel {
  const { who, inputs, item, each, model } = raw;
  const onError = raw.onError ?? 'collect';
  check(raw, onError);
  const limits = readLimits(who, { concurrency: raw.concurrency ?? DEFAULT_CONCURRENCY, rate: raw.rate, cost: raw.cost });
  const carried = carriedFields(who, each, item && Object.keys(item.shape), inputs);
  // Any model; that its schema tells of `item`, too, makes what that does to fields a part of the batch's code.
  const anyModel = item === undefined ? z.unknown() : z.union([z.unknown(), item]);
  const shape = { ...inputs, ...carried.shape, each: ModelInput(anyModel.optional()) };
  const settings = { raw, onError, limits, carried } as const;
  const body = (values: Params, run: FlowRun): unknown => {
    const list = raw.params(ownInputs(values, settings), run);
    if (isPromise(list)) return list.then((one) => work(settings, values, one, run));
    return work(settings, values, list, run);
  };
  const options = {
    ...model,
    inputs: shape,
    orchestrates: true,
    freeze: false, // `work` freezes what is not frozen yet; another walk over all entries would double the cost of a small item
    // Without `item` it is not known what of the context is read.
    cacheable: item === undefined ? false : model.cacheable !== false,
    version: `${model.version ?? ''}${item === undefined ? '' : JSON.stringify(z.toJSONSchema(item, { unrepresentable: 'any', io: 'input' }))}${onError}`,
    codeDeps: [...(model.codeDeps ?? []), raw.params, ...(raw.keyBy === undefined ? [] : [raw.keyBy])],
  };
  const factory = flowModel(options as never, body as never) as unknown as (bindings: object) => AnyModel; // its types are those of `batchModel`
  const definition = definitionOf(factory)!;
  knowBatch(definition);
  const made = (bindings?: object): AnyModel => factory(isRecord(bindings) ? { each, ...bindings } : (bindings as unknown as object));
  return Object.defineProperties(made, { name: { value: factory.name }, definition: { value: definition } });
}

interface Settings {
  readonly raw: RawBatch;
  readonly onError: 'collect' | 'fail';
  readonly limits: ReadOptions;
  readonly carried: CarriedFields;
}

function check({ who, inputs, item, params, each, keyBy, concurrency, model }: RawBatch, onError: unknown): void {
  if (concurrency !== undefined) assertWhole(who, 'concurrency', concurrency, 1);
  if (onError !== 'collect' && onError !== 'fail') throw problem(who, `expected 'onError' to be 'collect' or 'fail', got ${show(onError)}`);
  if (typeof params !== 'function') throw problem(who, `expected 'params' to be a function that yields one item per instance, got ${show(params)}`);
  assertCallback(who, 'keyBy', keyBy);
  if (typeof inputs !== 'object' || (inputs as object | null) === null) throw problem(who, `expected 'inputs' to be a record of what 'params' is given, {} for nothing, got ${show(inputs)}`);
  if (Object.hasOwn(inputs, 'each')) throw problem(who, "no input can be named 'each': that is the model");
  if (item !== undefined && typeof (item as { shape?: unknown }).shape !== 'object') throw problem(who, `'item' is an object schema, z.object({ … }), got ${show(item)}`);
  if (item !== undefined) flowModel({ ...(typeof model.name === 'string' && { name: model.name }), definitions: new DefinitionRegistry(), inputs: { item } }, () => undefined); // refuses what no input may be: asynchronous checks, markers inside
  if (typeof (each as { flow?: unknown } | undefined)?.flow !== 'object') throw problem(who, `${who === 'mapFlow' ? 'the first argument' : "'each'"} is a model, got ${typeof each === 'function' ? 'a factory: call it first' : show(each)}`);
}

function ownInputs(values: Params, { raw, carried }: Settings): Params {
  const own: Record<string, unknown> = {};
  for (const name of Object.keys(raw.inputs)) {
    const schema = carried.shared.get(name);
    const value = values[name];
    const parsed = schema === undefined ? undefined : safeParse(schema, value); // valid: that was checked before
    own[name] = parsed?.success === true ? parsed.data : value;
  }
  return own;
}

function work({ raw, onError, limits, carried }: Settings, values: Params, list: unknown, run: FlowRun): unknown {
  const { who, item, keyBy, sink } = raw;
  const items = checkedList(who, list);
  const keys = keyBy === undefined ? undefined : keysOf(who, items, keyBy);
  const context: Record<string, unknown> = {};
  for (const name of carried.names) if (values[name] !== undefined) context[name] = values[name];
  const results = new Array<Entry>(sink === undefined ? items.length : 0);
  const job: ItemsJob = {
    who,
    each: (values['each'] as AnyModel | undefined) ?? raw.each,
    items,
    prepared: (one) => frozenParams(parsedItem(who, item, one)),
    shown: frozenParams,
    context,
    isAmbient: carried.isAmbient,
    limits,
    onError,
    mayEndEarly: onError === 'fail' || raw.model.evaluator !== undefined,
    settled: sink?.settled ?? ((entry, index) => void (results[index] = entry)),
    isFull: sink?.isFull,
    ...(sink?.whenRead !== undefined && { whenRead: sink.whenRead }),
  };
  const value = (stats: BatchStats): object => {
    Object.freeze(results);
    return Object.freeze({ results, stats, ...(keys !== undefined && { byKey: Object.freeze(Object.fromEntries(keys.map((key, i) => [key, results[i]]))) }) });
  };
  if (runServices(run).isSync) {
    const stats = runItemsSync(job, run);
    if (stats.failed > 0) run.computeSync(incomplete);
    return value(stats);
  }
  return runItems(job, run).then((stats) => (stats.failed > 0 && sink === undefined ? run.compute(incomplete).then(() => value(stats)) : value(stats)));
}
const isRecord = (value: unknown): boolean => value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value) && (value as { flow?: unknown }).flow === undefined);
