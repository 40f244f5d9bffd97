import { FlowError, flowPathOf } from '@flowmodel/core';
import type { ComputeOptions } from '@flowmodel/core';
import type { WorkflowModel, WorkflowOutputs } from './compile/compile.ts';
import { WorkflowError } from './errors.ts';

/**
 * Computes a compiled document, for callers who want one type of error: whatever fails is a `WorkflowError`, of the phase `run` with the failure as its cause
 * unless it is one already. `details.path` says where in the graph. Cancelling stays CANCELLED.
 *
 * Rejects with WORKFLOW, CANCELLED.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'fails', definitions, inputs: {} }, (): number => { throw new Error('no data'); });
 * const model = compileWorkflow({ nodes: [{ id: 'a', type: 'fails' }] }, { definitions });
 * const error = await runWorkflow(model).catch((error: unknown) => error);
 * if (error instanceof WorkflowError) console.log(error.phase, error.message); // run workflow.also[0].fails failed: no data
 * ```
 */
export async function runWorkflow<Outputs extends WorkflowOutputs>(model: WorkflowModel<Outputs>, inputs: object = {}, options: ComputeOptions = {}): Promise<Outputs> {
  try {
    return (await model.flow.compute(inputs, options)).value;
  } catch (error) {
    if (error instanceof WorkflowError || (error instanceof FlowError && error.code === 'CANCELLED')) throw error;
    const path = flowPathOf(error) ?? [];
    const message = error instanceof Error ? error.message : String(error);
    throw new WorkflowError('run', path.length === 0 ? message : `${path.join('.')} failed: ${message}`, { details: { path }, cause: error });
  }
}
