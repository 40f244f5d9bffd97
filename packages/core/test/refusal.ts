import { FlowError } from '@flowmodel/core';

/** The FlowError that a call throws. Anything else that it throws, it throws. */
export function refusal(act: () => unknown): FlowError {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    if (error instanceof FlowError) return error;
    throw error;
  }
  throw new Error(`Expected a FlowError, got ${String(result)}.`);
}

/** The FlowError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<FlowError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return refusal(() => {
    if ('error' in outcome) throw outcome.error as Error;
    return outcome.value;
  });
}
