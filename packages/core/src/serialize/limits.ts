/** How much a value may hold before encoding or decoding gives up. */
import { FlowError, show } from '../errors.ts';

export interface CodecLimits {
  /** Levels of containers inside each other. Default 500: what is deeper than some thousands, `JSON.stringify` cannot write. */
  readonly depth?: number;
  /** Values in all: containers, what they hold, and the holes of arrays. Default 5,000,000. */
  readonly nodes?: number;
  /** Characters of strings, keys and encoded bytes in all. Default 256 Mi. */
  readonly bytes?: number;
}

const DEFAULTS: Required<CodecLimits> = { depth: 500, nodes: 5_000_000, bytes: 256 * 1024 * 1024 };

/** Counts what was seen so far. `fail` throws, and says where. */
export class Meter {
  readonly #limits: Required<CodecLimits>;
  readonly #fail: (problem: string) => never;
  #nodes = 0;
  #bytes = 0;

  constructor(limits: CodecLimits, fail: (problem: string) => never) {
    this.#limits = limitsOf(limits);
    this.#fail = fail;
  }

  depth(levels: number): void {
    if (levels > this.#limits.depth) this.#exceeded('nested deeper than', 'depth', 'levels');
  }

  nodes(count: number): void {
    this.#nodes += count;
    if (this.#nodes > this.#limits.nodes) this.#exceeded('more than', 'nodes', 'values');
  }

  /** Before so many values are gone through; lists that were never JSON may be longer than they are large. */
  fits(count: number): void {
    if (this.#nodes + count > this.#limits.nodes) this.#exceeded('more than', 'nodes', 'values');
  }

  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#limits.bytes) this.#exceeded('more than', 'bytes', 'characters');
  }

  #exceeded(what: string, limit: keyof CodecLimits, unit: string): never {
    return this.#fail(`${what} ${this.#limits[limit]} ${unit}. If that is meant, raise limits.${limit}.`);
  }
}

/** Throws DEFINITION for what is no limit. */
export function limitsOf(limits: CodecLimits): Required<CodecLimits> {
  for (const [name, limit] of Object.entries(limits) as [string, unknown][]) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new FlowError('DEFINITION', `There is no limit '${name}'. Limits are depth, nodes and bytes.`);
    if (limit !== undefined && (typeof limit !== 'number' || Number.isNaN(limit) || limit < 0)) throw new FlowError('DEFINITION', `Expected limits.${name} to be a number of at least 0, got ${show(limit)}.`);
  }
  return { depth: limits.depth ?? DEFAULTS.depth, nodes: limits.nodes ?? DEFAULTS.nodes, bytes: limits.bytes ?? DEFAULTS.bytes };
}
