import { FlowError, flowPathOf } from '@flowmodel/core';
import type { CallableModel, ComputeOptions } from '@flowmodel/core';
import type { WorkflowModel, WorkflowOutputs } from './compile/compile.ts';
import { inputPlaceOf, placesText, workflowPlacesOf } from './compile/places.ts';
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
    throw told(error, model);
  }
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

/** A failure with where it arose in the documents. */
function told(error: unknown, model: CallableModel): WorkflowError {
  const path = flowPathOf(error) ?? [];
  const places = workflowPlacesOf(error, model);
  const message = error instanceof Error ? error.message : String(error);
  const { where, around } = placesText(places);
  const before = where !== '' ? `${where}: ` : path.length > 1 ? `${path.join('.')} failed: ` : '';
  const inputs = around === '' ? inputsText(error, model) : ''; // a child has inputs of its own
  const { phase, issues } = error instanceof WorkflowError ? error : { phase: 'run' as const, issues: [] };
  return new WorkflowError(phase, `${before}${message}${around}${inputs}`, { issues, details: { ...(error instanceof WorkflowError && error.details), path, places }, cause: error });
}
