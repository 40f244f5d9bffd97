/**
 * Keys of roots, remembered by what their graph reads of the context, so that asking again costs the same whatever the graph's size.
 * What is remembered is bounded; the least recently used goes.
 */
import { readsOf } from '../context/contract.ts';
import type { Model } from '../model/model.ts';
import { parseSync } from '../model/schema.ts';
import type { Validator } from '../model/schema.ts';
import type { Plan } from '../plan/plan.ts';
import type { ComputeOptions } from '../run/options.ts';
import { changeableIn } from './changeable.ts';
import { defaultHasher } from './default-hasher.ts';
import type { Hasher } from './hasher.ts';
import { makesOther, opaqueName } from './treated.ts';
import { valueKey } from './value-key.ts';

export interface RootKey {
  readonly key: string;
  readonly source: string;
}

const MOST = 1000;

/** What one plan's keys depend on, for one hasher. */
class RootKeys {
  readonly #fields: readonly { readonly name: string; readonly defaults: readonly Validator[] }[];
  /** Bound values that may change under the graph: what they are now is part of the content. */
  readonly #changeable: readonly object[];
  readonly #hasher: Hasher;
  readonly #known = new Map<string, RootKey>();

  constructor(model: Model, hasher: Hasher) {
    this.#hasher = hasher;
    this.#changeable = changeableIn(model);
    this.#fields = [...readsOf(model)].map(([name, readers]) => ({
      name,
      // A default may be made anew each time (`.default(() => new Date())`): it is part of the content.
      defaults: [...new Set(readers.map(({ field }) => field.schema))].filter((schema) => schema.optional),
    }));
  }

  /** The text of everything that the graph reads; nothing where some of it cannot be told from others. */
  content(context: Readonly<Record<string, unknown>>, prefix: string): string | undefined {
    let text = prefix;
    try {
      for (const value of this.#changeable) text += valueKey(value, this.#hasher, () => 'a bound value');
      for (const { name, defaults } of this.#fields) {
        const value = context[name];
        text += valueKey(value, this.#hasher, () => name);
        if (value !== undefined) continue;
        for (const schema of defaults) {
          const made = parseSync(schema, undefined, () => name);
          text += made.ok ? valueKey(made.value, this.#hasher, () => name) : '!';
        }
      }
    } catch {
      return undefined; // what cannot be hashed is told, with its path, where the keys are derived
    }
    return text;
  }

  get(content: string): RootKey | undefined {
    const known = this.#known.get(content);
    if (known !== undefined && this.#known.size > MOST / 2) {
      this.#known.delete(content);
      this.#known.set(content, known);
    }
    return known;
  }

  set(content: string, key: RootKey): void {
    this.#known.set(content, key);
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value!);
  }
}

function rootKeysOf(plan: Plan, hasher: Hasher): RootKeys {
  const byHasher = (plan.rootKeys ??= new Map<Hasher, RootKeys>()) as Map<Hasher, RootKeys>; // written here only
  let keys = byHasher.get(hasher);
  if (keys === undefined) byHasher.set(hasher, (keys = new RootKeys(plan.origin, hasher)));
  return keys;
}

/** Where the key of a computation is remembered: `get` it, or `set` it once it was derived. */
export interface RootKeyPlace {
  get(): RootKey | undefined;
  set(key: RootKey): void;
}

/** Nothing where the context cannot be told from others, or overrides may reach models that are no cells of the plan. Places of different purposes are apart. */
export function rootKeyPlace(plan: Plan, context: Readonly<Record<string, unknown>>, options: ComputeOptions, purpose = ''): RootKeyPlace | undefined {
  if (makesOther(options)) return undefined;
  const keys = rootKeysOf(plan, options.hasher ?? defaultHasher);
  const { evaluator } = options;
  const prefix = `${purpose}${options.codeVersion ?? ''}${opaqueName(evaluator)}|`;
  const content = keys.content(context, prefix);
  return content === undefined ? undefined : { get: () => keys.get(content), set: (key) => keys.set(content, key) };
}
