import { assertFunction } from '@flowmodel/core/extending';
import type { FlowEvent, ProgressEvent } from '@flowmodel/core';

/**
 * An observer that hears only how far batches, and bodies that call `run.progress`, have come. What the callback throws is ignored. Throws DEFINITION for what is no function.
 *
 * @example
 * ```ts
 * const square = flowModel({ name: 'square', inputs: { n: FromContext(z.number()) } }, ({ n }) => n * n);
 * const seen: string[] = [];
 * await mapFlow(square(), [{ n: 1 }, { n: 2 }], { observer: onProgress(({ completed, total }) => seen.push(`${completed}/${total}`)) });
 * console.log(seen); // [ '0/2', '1/2', '2/2' ]
 * ```
 */
export function onProgress(callback: (event: ProgressEvent) => void): (event: FlowEvent) => void {
  assertFunction('onProgress', 'callback', callback);
  return (event) => {
    if (event.type === 'progress') callback(event);
  };
}
