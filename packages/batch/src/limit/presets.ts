import { FlowError } from '@flowmodel/core';
import { show } from '@flowmodel/core/extending';
import type { Rate } from './options.ts';

/** Limits as data, for `throttle`, `createLimiter`, `batchModel` and `mapFlow`. */
export interface Preset {
  readonly concurrency: number;
  readonly rate?: Rate;
  /** The day on which the figures were entered here. Providers change theirs: look them up. */
  readonly asOf: string;
}

/** Options of `adaptiveThrottle` as data. */
export interface AdaptivePreset {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly backoff: number;
  readonly recoverAfter: number;
  readonly growth: number;
  readonly asOf: string;
}

const asOf = '2026-11-21';

const preset = (concurrency: number, perMinute?: number): Preset => Object.freeze({ concurrency, ...(perMinute !== undefined && { rate: Object.freeze({ limit: perMinute, interval: '1m' as const }) }), asOf });

const adaptive = (initial: number, min: number, max: number, backoff: number, recoverAfter: number, growth: number): AdaptivePreset => Object.freeze({ initial, min, max, backoff, recoverAfter, growth, asOf });

const TABLE = {
  openai: Object.freeze({ free: preset(3, 3), tier1: preset(5, 60), tier2: preset(10, 500), tier3: preset(15, 5_000), tier4: preset(20, 10_000), tier5: preset(30, 30_000) }),
  anthropic: Object.freeze({ free: preset(2, 5), tier1: preset(5, 50), tier2: preset(10, 1_000), tier3: preset(15, 2_000), tier4: preset(20, 4_000) }),
  google: Object.freeze({ free: preset(2, 15), paid: preset(10, 1_000) }),
  cohere: Object.freeze({ trial: preset(2, 20), production: preset(10, 10_000) }),
  huggingface: Object.freeze({ free: preset(1, 30), pro: preset(5, 1_000) }),
  mistral: Object.freeze({ free: preset(2, 30), paid: preset(10, 500) }),
  general: Object.freeze({ conservative: preset(2, 20), moderate: preset(5, 60), aggressive: preset(10, 200), unlimited: preset(50) }),
  scraping: Object.freeze({ polite: preset(2, 10), moderate: preset(5, 30), aggressive: preset(10, 60) }),
  flow: Object.freeze({
    conservative: preset(3, 30), moderate: preset(10, 60), aggressive: preset(25, 200), highThroughput: preset(50, 500), unlimited: preset(100),
    batch: preset(10, 100), pipeline: preset(20, 200), realtime: preset(5), heavy: preset(5, 20),
  }),
  adaptive: Object.freeze({ conservative: adaptive(5, 2, 15, 0.5, 20, 1.2), moderate: adaptive(10, 3, 30, 0.5, 15, 1.3), aggressive: adaptive(20, 5, 50, 0.6, 10, 1.4) }),
} as const;

type Table = typeof TABLE;
/** `openai.tier1`, and so on. */
export type PresetName = { [G in keyof Table]: `${G}.${keyof Table[G] & string}` }[keyof Table];
type Named<N> = N extends `${infer G extends keyof Table}.${infer P}` ? (P extends keyof Table[G] ? Table[G][P] : never) : never;

const byName = new Map<string, { readonly name: PresetName; readonly value: Preset | AdaptivePreset }>(
  Object.entries(TABLE).flatMap(([group, members]) => Object.entries(members).map(([member, value]) => [`${group}.${member}`.toLowerCase(), { name: `${group}.${member}` as PresetName, value }])),
);

function get<N extends PresetName>(name: N): Named<N>;
function get(name: string): Preset | AdaptivePreset;
function get(name: unknown): Preset | AdaptivePreset {
  const text = typeof name === 'string' ? name : show(name);
  const found = byName.get(text.toLowerCase());
  if (found !== undefined) return found.value;
  throw new FlowError('DEFINITION', `Unknown preset '${text}'. Presets are ${list().join(', ')}.`, { details: { name } });
}

const list = (): readonly PresetName[] => [...byName.values()].map(({ name }) => name);

/**
 * Starting points for limits, as frozen data: per provider and plan, and general ones. `presets.get` is case-insensitive and throws DEFINITION for an unknown name.
 *
 * @example
 * ```ts
 * const evaluator = throttle({ ...presets.openai.tier1, concurrency: 3 });
 * console.log(presets.get('openai.tier1').rate, evaluator.stats().limit); // { limit: 60, interval: '1m' } 3
 * ```
 */
export const presets = Object.freeze({ ...TABLE, get, list });
