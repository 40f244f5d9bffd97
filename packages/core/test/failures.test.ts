// §5: what bodies throw, and where it came from.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FlowError, flowModel, flowPathOf, FromContext, Lazy } from '@flowmodel/core';
import { thrownBy } from './flow-error.ts';

const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);

describe('failures', () => {
  const failure = new RangeError('no data');
  const broken = flowModel({ name: 'broken', inputs: {} }, (): number => {
    throw failure;
  });
  const delta = flowModel({ name: 'delta', inputs: { current: z.number(), previous: z.number() } }, ({ current, previous }) => current - previous);

  test('what a body throws reaches the caller as the same object', async () => {
    await expect(broken().flow.compute()).rejects.toBe(failure);
    expect(thrownBy(() => relay({ x: broken() }).flow.computeSync())).toBe(failure);
    const rejecting = flowModel({ inputs: {} }, () => Promise.reject<number>(failure));
    await expect(relay({ x: rejecting() }).flow.compute()).rejects.toBe(failure);
  });

  /** A model that throws an error of its own, since an error keeps the first path that it got. */
  const failing = (name: string) => {
    const error = new Error('failed');
    const model = flowModel({ name, inputs: {} }, (): number => {
      throw error;
    });
    return { error, model: model() };
  };

  test('flowPathOf gives the way from the root, over the names of inputs, to the model', async () => {
    const { error, model } = failing('deep');
    await expect(delta({ current: 1, previous: relay({ x: model }) }).flow.compute()).rejects.toBe(error);
    expect(flowPathOf(error)).toEqual(['delta', 'previous', 'x', 'deep']);
  });

  test('for a shared model it is the way through its first consumer in declaration order', async () => {
    const { error, model } = failing('shared');
    await expect(delta({ previous: model, current: model }).flow.compute()).rejects.toBe(error);
    expect(flowPathOf(error)).toEqual(['delta', 'current', 'shared']);
  });

  test('for the root it is the name of the root, or <root> where it has none', async () => {
    const named = failing('alone');
    await expect(named.model.flow.compute()).rejects.toBe(named.error);
    expect(flowPathOf(named.error)).toEqual(['alone']);
    const error = new Error('failed');
    const unnamed = flowModel({ inputs: {} }, () => Promise.reject<number>(error));
    await expect(unnamed().flow.compute()).rejects.toBe(error);
    expect(flowPathOf(error)).toEqual(['<root>']);
  });

  test('wrappers leave no trace in it', async () => {
    const error = new Error('failed');
    const reader = flowModel({ name: 'reader', inputs: { v: FromContext(z.number()) } }, (): number => {
      throw error;
    });
    await expect(relay({ x: reader().flow.withContext({ v: 1 }) }).flow.compute()).rejects.toBe(error);
    expect(flowPathOf(error)).toEqual(['relay', 'x', 'reader']);
  });

  test('a lazy branch has its path too', async () => {
    const { error, model } = failing('onDemand');
    const lazy = flowModel({ name: 'lazyConsumer', inputs: { fallback: Lazy(z.number()) } }, ({ fallback }) => fallback());
    await expect(relay({ x: lazy({ fallback: model }) }).flow.compute()).rejects.toBe(error);
    expect(flowPathOf(error)).toEqual(['relay', 'x', 'fallback', 'onDemand']);
  });

  test('thrown primitives, and errors from elsewhere, have none', async () => {
    const primitive = flowModel({ inputs: {} }, (): number => {
      throw 'text'; // oxlint-disable-line typescript/only-throw-error
    });
    await expect(primitive().flow.compute()).rejects.toBe('text');
    expect(flowPathOf('text')).toBeUndefined();
    expect(flowPathOf(undefined)).toBeUndefined();
    expect(flowPathOf(new Error('elsewhere'))).toBeUndefined();
  });

  test('a FlowError that a body throws is passed on like any other', async () => {
    const mine = new FlowError('TIMEOUT', 'mine');
    const model = flowModel({ inputs: {} }, () => Promise.reject<number>(mine));
    await expect(model().flow.compute()).rejects.toBe(mine);
  });
});
