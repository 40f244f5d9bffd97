/** What a definition's code is in a key. */
import { FlowError } from '../errors.ts';
import { labelOf } from '../model/definition.ts';
import type { CodeSource, ContextSpec, Definition } from '../model/definition.ts';
import { readers } from '../model/transform.ts';
import type { Validator } from '../model/schema.ts';
import type { Hasher } from './hasher.ts';
import { schemaText } from './schema-text.ts';

type Mode = 'source' | 'explicit';

const known = new WeakMap<Hasher, Record<Mode, WeakMap<Definition, string>>>();

/**
 * The hash of a definition's code: the source text of its body (of a class-based model: of the whole class and its superclasses) and of its
 * `codeDeps`, its `version`, and what it declares: the names, roles and schemas of its inputs, its output, its context. Descriptions and
 * other meta data do not count. In the mode `'explicit'` only `version` does. The definition's own mode wins over the given one.
 *
 * Source text does not show the values that a function closes over, nor helpers that it calls and `codeDeps` does not list, nor what a package
 * that it imports does; state a new `version` when those change. A definition without a name could be one of several closures of one
 * source, so its hash is its own and holds for this process only.
 *
 * Throws UNHASHABLE for a body without readable source (`fn.bind(…)`).
 */
export function codeVersionOf(definition: Definition, mode: Mode | undefined, hasher: Hasher): string {
  let versions = known.get(hasher);
  if (versions === undefined) known.set(hasher, (versions = { source: new WeakMap(), explicit: new WeakMap() }));
  const chosen = definition.codeVersion ?? mode ?? 'source';
  let version = versions[chosen].get(definition);
  if (version === undefined) {
    const parts = chosen === 'explicit' ? [] : [definition.code.map((code) => sourceOf(definition, code)), definition.codeDeps.map((dep) => sourceOf(definition, dep)), contractOf(definition)];
    version = hasher.text(JSON.stringify([chosen, definition.version ?? null, identityOf(definition), ...parts]));
    versions[chosen].set(definition, version);
  }
  return version;
}

/* ---------- who it is ---------- */

const identities = new WeakMap<Definition, string>();
let thisProcess: string | undefined;
let count = 0;

function identityOf(definition: Definition): string | null {
  if (definition.name !== undefined || readers.has(definition)) return null; // what fromField makes is told by its field and schema
  let identity = identities.get(definition);
  if (identity === undefined) {
    thisProcess ??= crypto.getRandomValues(new Uint32Array(4)).join('-');
    identities.set(definition, (identity = `${thisProcess}-${++count}`));
  }
  return identity;
}

/* ---------- what it does ---------- */

const NATIVE = /\[native code\]\s*\}$/;

function sourceOf(definition: Definition, code: CodeSource): string {
  const source = Function.prototype.toString.call(code);
  if (!NATIVE.test(source)) return source;
  // Functions of the language say their names; what bind() or a proxy made says nothing.
  if (code.name === '' || code.name.startsWith('bound ') || !source.includes(code.name)) {
    throw new FlowError('UNHASHABLE', `${labelOf(definition)}: the source of the function '${code.name}' cannot be read, so a change of it would go unseen. Use the function itself instead of one made by bind(), or state codeVersion: 'explicit' and a version.`, {
      details: { model: definition.name },
    });
  }
  return source;
}

/* ---------- what it declares ---------- */

function contractOf(definition: Definition): unknown {
  return {
    kind: definition.kind,
    inputs: definition.inputs.map(({ name, role, schema }) => [name, role, textOf(schema)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    context: contextOf(definition.context),
    output: textOf(definition.output),
    patches: Object.entries(definition.patches ?? {}).map(([name, schema]) => [name, textOf(schema)]),
  };
}

const contextOf = (context: ContextSpec | undefined): unknown => (context === undefined ? null : [textOf(context.schema), Object.entries(context.fields).map(([name, schema]) => [name, textOf(schema)])]);

const textOf = (validator: Validator | undefined): string | null => (validator === undefined ? null : schemaText(validator.schema));
