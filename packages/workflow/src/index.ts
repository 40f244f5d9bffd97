/** Workflow documents: data that compiles to a static graph of flow models. */
export { WorkflowError } from './errors.ts';
export type { WorkflowErrorOptions, WorkflowIssue, WorkflowPhase } from './errors.ts';
export { checkWorkflow, compileWorkflow, compileWorkflowFile } from './compile/compile.ts';
export type { CompileOptions, WorkflowModel, WorkflowOutputs, WorkflowReport } from './compile/compile.ts';
export type { WorkflowFailure } from './compile/outcome.ts';
export { workflowPlacesOf } from './compile/places.ts';
export type { WorkflowPlace } from './compile/places.ts';
export { parseWorkflow } from './document/parse.ts';
export type { ParseOptions } from './document/parse.ts';
export { workflowJsonSchema } from './document/schema.ts';
export type { WorkflowDocument } from './document/schema.ts';
export { runWorkflow, workflowErrorOf } from './run.ts';
export { composeConfig } from './config/compose.ts';
export type { ComposedConfig, ConfigOptions, ConfigSource, ConfigValue } from './config/compose.ts';
export { loadConfig } from './config/load.ts';
