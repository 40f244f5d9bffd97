/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';

const collected = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** The modules to load first. */
export interface ImportOptions {
  readonly import?: readonly string[];
}

export interface ContextOptions {
  readonly context?: readonly string[];
  /** Configurations to merge over the target's. */
  readonly config?: readonly string[];
}

export const withImports = (command: Command): Command => command.addOption(new Option('-i, --import <module>', 'a module to import first: definitions that a document names, or a loader; repeatable').argParser<string[]>(collected));

export const withContext = (command: Command): Command =>
  command
    .addOption(new Option('-c, --context <context>', 'a JSON object, a .json or .yaml file, or key=value; repeatable, later ones win').argParser<string[]>(collected))
    .addOption(new Option('--config <file>', 'a configuration to merge over the one that is the target; repeatable').argParser<string[]>(collected));

export const TARGET = 'pipeline.ts#export, a document (.json, .yaml), or config.yaml#/path';
export const PAIRS = 'fields of the context, over those of --context: startDate=2024-01-01 region.name=north; or values of a configuration: visits.days=30';

/** `--timeout 500ms|5s|2m|1h`, in milliseconds; a number alone is milliseconds. */
export function toMilliseconds(text: string): number {
  const { amount, unit = 'ms' } = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)?$/.exec(text)?.groups ?? {};
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit];
  if (amount === undefined || factor === undefined || Number(amount) === 0) throw new InvalidArgumentError('Give a time: 500ms, 5s, 2m, 1h.');
  return Number(amount) * factor;
}

export function toCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1 up.');
  return Number(text);
}
