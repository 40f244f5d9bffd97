import { expect } from 'vitest';
import type { FlowErrorCode } from '@flowmodel/core';

/** Matches a FlowError of this code whose message holds all of these texts: `toThrow(flowError('BIND', 'add', "'a'"))`. */
export function flowError(code: FlowErrorCode, ...says: string[]): Error {
  const message: unknown = expect.toSatisfy((text: string) => says.every((part) => text.includes(part)), `says ${says.join(', ')}`);
  return expect.objectContaining({ name: 'FlowError', code, message }) as Error; // stands in for one in expect
}

/** What a call throws; itself an error when it throws nothing. */
export function thrownBy(run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a throw, got ${String(result)}.`);
}
