import { FlowError, flowPathOf } from '@flowmodel/core';
import type { CallableModel, ComputeOptions } from '@flowmodel/core';
import type { WorkflowModel, WorkflowOutputs } from './compile/compile.ts';
import { inputPlaceOf, placesText, refusedSource, withReaders, workflowPlacesOf } from './compile/places.ts';
import { positionText, WorkflowError } from './errors.ts';

/**
 * Computes a compiled document, for callers who want one type of error: whatever fails is a `WorkflowError` with the failure as its cause, of the phase `run`
 * for what a body threw. Its message names the node, with file, line and column, and the nested nodes around it; `details.places` has them as data, `details.path` the way
 * through the graph. Cancelling stays CANCELLED.
 *
 * Rejects with WORKFLOW, CANCELLED.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'fails', definitions, inputs: {} }, (): number => { throw new Error('no data'); });
 * const model = compileWorkflow({ nodes: [{ id: 'a', type: 'fails' }] }, { definitions });
 * const error = await runWorkflow(model).catch((error: unknown) => error);
 * if (error instanceof WorkflowError) console.log(error.phase, error.message); // run node 'a' (fails): no data
 * ```
 */
export async function runWorkflow<Outputs extends WorkflowOutputs>(model: WorkflowModel<Outputs>, inputs: object = {}, options: ComputeOptions = {}): Promise<Outputs> {
  try {
    return (await model.flow.compute(inputs, options)).value;
  } catch (error) {
    if (error instanceof FlowError && error.code === 'CANCELLED') throw error;
    throw workflowErrorOf(error, model);
  }
}

/**
 * What `compute` of a compiled document rejected with, told in terms of the document: a `WorkflowError` whose message names the node, with the failure as its cause. `runWorkflow`
 * throws it. `model` may hold compiled documents anywhere.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'fails', definitions, inputs: {} }, (): number => { throw new Error('no data'); });
 * const model = compileWorkflow('nodes: [{ id: load, type: fails }]', { definitions, file: 'flow.yaml' });
 * const error = await model.flow.compute().catch((error: unknown) => workflowErrorOf(error, model));
 * if (error instanceof WorkflowError) console.log(error.message); // flow.yaml:1:9, node 'load' (fails): no data
 * ```
 */
export function workflowErrorOf(error: unknown, model: CallableModel): WorkflowError {
  const path = flowPathOf(error) ?? [];
  const places = workflowPlacesOf(error, model);
  const { where, around } = placesText(places);
  const before = where !== '' ? `${where}: ` : path.length > 1 ? `${path.join('.')} failed: ` : '';
  const inputs = around === '' ? inputsText(error, model) : ''; // a child has inputs of its own
  const { phase, issues } = error instanceof WorkflowError ? error : { phase: 'run' as const, issues: [] };
  return new WorkflowError(phase, `${before}${messageOf(error, model)}${around}${inputs}`, { issues, details: { ...(error instanceof WorkflowError && error.details), path, places }, cause: error });
}

/** Models that the compiler put between nodes are called by what stands in the document. */
function messageOf(error: unknown, model: CallableModel): string {
  if (!(error instanceof Error)) return String(error);
  const producer = error instanceof FlowError ? error.details['producer'] : undefined;
  if (typeof producer !== 'string' || !/^workflow\b/.test(producer)) return withReaders(error.message, error, model);
  const source = refusedSource(error, model) ?? producer;
  return error.message.replace(`but ${producer} yielded`, () => `but ${source} yielded`).replace(`Change what ${producer} returns`, () => `Change what ${source} comes to`);
}

/** Where the inputs are declared that the up-front check has something against. */
function inputsText(error: unknown, model: CallableModel): string {
  const { findings = [] } = (error instanceof FlowError ? error.details : {}) as { readonly findings?: readonly { readonly field: string }[] };
  const fields = new Set(findings.map(({ field }) => field));
  return [...fields].map((field) => {
    const place = inputPlaceOf(model, field);
    const position = place === undefined ? undefined : positionText(place);
    return position === undefined ? '' : `\n  '${field}' is an input of the document, declared at ${position}.`;
  }).join('');
}
