/** Functions become typed models, models compose into graphs by plain arguments, graphs are computed in a context. */
export { flowModel } from './authoring/flow-model.ts';
export type { DefinitionOptions, FlowModelOptions, ModelOptions } from './authoring/flow-model.ts';
export { Dependency, FromContext, Lazy, ModelInput, Resource } from './authoring/markers.ts';
export { closedContext, computed, contextTransform, fromField } from './authoring/context-transform.ts';
export type { FieldTransformOptions, PatchTransformOptions } from './authoring/context-transform.ts';
export { modelClass, registerModel } from './authoring/model-class.ts';
export type { ModelClassOptions } from './authoring/model-class.ts';
export { FlowContext } from './context/flow-context.ts';
export { FlowError, flowPathOf } from './errors.ts';
export type { FlowErrorCode, FlowErrorOptions } from './errors.ts';
export { UNSET } from './model/brand.ts';
export { DefinitionRegistry } from './model/definitions.ts';
export { isModel } from './model/is-model.ts';
export { FlowResult, GenericResult } from './model/result.ts';
export { configureFlow } from './run/options.ts';
export type { ComputeOptions, Override } from './run/options.ts';
export type { FlowRun, Progress } from './run/flow-run.ts';
export type * from './types.ts';
