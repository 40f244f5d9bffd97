/** What batches yield, and the static side of their options. */
import type { ContextInput, ContextOf, MaybePromise, ModelYielding, UnboundIn } from '@flowmodel/core';
import type { z } from 'zod';
import type { Cost, Rate } from '../limit/options.ts';

/** What became of one item. */
export type SettledEntry<P, V> =
  | { readonly status: 'ok'; readonly params: Readonly<P>; readonly value: V }
  | { readonly status: 'error'; readonly params: Readonly<P>; readonly error: unknown };

export interface BatchStats {
  readonly total: number;
  readonly ok: number;
  readonly failed: number;
  /** Items that were never begun. */
  readonly skipped: number;
  readonly durationMs: number;
}

/** The value of a batch: one entry per item, in the order of the items. */
export interface BatchValue<P, V> {
  readonly results: readonly SettledEntry<P, V>[];
  readonly stats: BatchStats;
}

/** With `keyBy`: the entries by key, too. */
export interface KeyedBatchValue<P, V> extends BatchValue<P, V> {
  readonly byKey: Readonly<Record<string, SettledEntry<P, V>>>;
}

export type BatchValueOf<P, V, K> = [K] extends [never] ? BatchValue<P, V> : KeyedBatchValue<P, V>;

/** How many instances may be under way, and how an error is taken. */
export interface BatchLimits {
  /** How many instances are under way at once. Default 5. */
  readonly concurrency?: number | undefined;
  /** How many may begin in an interval. No limit by default. */
  readonly rate?: Rate | readonly Rate[] | undefined;
  /** What one instance takes of a rate, by its item. */
  readonly cost?: Cost | undefined;
  /** `collect` (the default): every item gets its entry. `fail`: the first error is the batch's, and nothing more begins. */
  readonly onError?: 'collect' | 'fail' | undefined;
  /** Presets have it. */
  readonly asOf?: string | undefined;
}

export type ItemSchema = z.ZodObject | undefined;
/** What `params` yields per item. */
export type GivenItem<I, P> = I extends z.ZodObject ? z.input<I> : P;
/** What an instance gets of its item. */
export type ItemOf<I, P> = I extends z.ZodObject ? z.output<I> : P;
export type ListOf<T> = MaybePromise<readonly T[]>;

type Context<E> = ContextOf<E> extends infer C ? C : never;

/** The context fields that the batch itself needs: those of `each`, less the item's and its own inputs. */
export type CarriedShape<E, Item, S> = {
  readonly [K in Exclude<keyof Context<E>, keyof Item | keyof S>]: undefined extends Context<E>[K] ? ContextInput<z.ZodOptional<Plain<Exclude<Context<E>[K], undefined>>>> : ContextInput<Plain<Context<E>[K]>>;
};
type Plain<T> = z.ZodType<T, T>;

/** What is wrong with an item, seen from `each`; `unknown` when nothing is. */
export type Fitting<E, Item> =
  [UnboundIn<E>] extends [infer U] ? (IsAny<U> extends true ? FittingFields<E, Item> : [U] extends [never] ? FittingFields<E, Item> : { readonly bindTheseInputsOfEachFirst: U }) : never;
type FittingFields<E, Item> = [WrongFields<Context<E>, Item>] extends [never] ? unknown : { readonly theItemDoesNotFitTheseFieldsOfEach: WrongFields<Context<E>, Item> };
type WrongFields<C, Item> = { [K in keyof C & keyof Item]: [Item[K]] extends [C[K] | undefined] ? never : K }[keyof C & keyof Item];
type IsAny<T> = 0 extends 1 & T ? true : false;

/** Any model, as far as batches are concerned. */
export type EachModel = ModelYielding<unknown>;
