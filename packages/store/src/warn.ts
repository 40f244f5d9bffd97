import type { Execution } from './execution.ts';

/** Says that something is probably not meant: to the observer, and as a warning of the process. */
export function warn(code: string, message: string, execution: Execution | undefined): void {
  if (execution?.scope.tracer !== undefined) execution.scope.tracer.emit(execution, { type: 'warning', code, message, error: undefined });
  process.emitWarning(message, { type: 'FlowWarning', code });
}
