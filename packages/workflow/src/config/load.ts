import { defaultDefinitions, FlowError, modelOf, ModelRegistry } from '@flowmodel/core';
import type { CallableModel, DefinitionRegistry } from '@flowmodel/core';
import type { Path } from '../document/data.ts';
import { sentence } from '../document/source.ts';
import { errorOf } from '../errors.ts';
import type { WorkflowIssue } from '../errors.ts';
import { suggestion } from '../names.ts';
import { composed } from './compose.ts';
import type { ConfigOptions, ConfigSource } from './compose.ts';
import { issueAt, keysOf, scalarIn, specialOf, targetOf } from './tree.ts';
import type { ConfigNode, ConfigRecord } from './tree.ts';

/**
 * Builds the model instances of a configuration: `{ $model: name, input: value, … }` is an instance, registered under its path; `{ $ref: '/path' }` is the
 * instance or the value at that path (`./` and `../` start from the record around the instance); `{ $env: NAME, type?, default? }` is a value of the environment. Several sources are merged in order, then overrides apply.
 * Either everything is registered or nothing.
 *
 * Throws WORKFLOW with all problems.
 *
 * @example
 * ```ts
 * const definitions = new DefinitionRegistry();
 * flowModel({ name: 'visits', definitions, inputs: { place: z.string(), days: z.number() } }, ({ place, days }) => place.length * days);
 * flowModel({ name: 'change', definitions, inputs: { now: z.number(), before: z.number() } }, ({ now, before }) => now - before);
 * const registry = loadConfig(
 *   {
 *     days: 7,
 *     visits: { $model: 'visits', place: 'library', days: { $ref: '/days' } },
 *     change: { $model: 'change', now: { $ref: '/visits' }, before: 40 },
 *   },
 *   { definitions, overrides: ['days=10'] },
 * );
 * console.log(registry.list(), registry.get('/change').flow.computeSync().value); // [ '/visits', '/change' ] 30
 * ```
 */
export function loadConfig(source: ConfigSource, options: ConfigOptions = {}): ModelRegistry {
  const registry = options.registry ?? new ModelRegistry();
  const building = new Building(composed(source, options), registry, options);
  const models = building.models();
  if (building.issues.length > 0) throw errorOf(building.issues);
  for (const [path, model] of models) registry.set(path, model);
  return registry;
}

/** What could not be made; the reason is an issue already. */
const FAILED: unique symbol = Symbol('failed');
const TYPES = ['string', 'number', 'boolean', 'json'] as const;

class Building {
  readonly issues: WorkflowIssue[] = [];
  readonly #tree: ConfigNode;
  readonly #registry: ModelRegistry;
  readonly #definitions: DefinitionRegistry;
  readonly #env: Readonly<Record<string, string | undefined>>;
  /** By path: what is referred to twice is made once. */
  readonly #made = new Map<string, unknown>();
  readonly #open: string[] = [];

  constructor(tree: ConfigNode, registry: ModelRegistry, { definitions = defaultDefinitions, env = process.env }: ConfigOptions) {
    this.#tree = tree;
    this.#registry = registry;
    this.#definitions = definitions;
    this.#env = env;
  }

  /** Every instance that is not inside another, by path. */
  models(): Map<string, CallableModel> {
    const found = new Map<string, CallableModel>();
    const visit = (node: ConfigNode, path: Path): void => {
      const made = specialOf(node) === undefined ? undefined : this.#value(node, path);
      if (specialOf(node) === '$model' && made !== FAILED) found.set(textOf(path), made as CallableModel);
      if (specialOf(node) !== undefined) return;
      if (node.kind === 'list') for (const [i, item] of node.items.entries()) visit(item, [...path, i]);
      if (node.kind === 'record') for (const [key, field] of node.fields) visit(field, [...path, this.#key(key, node, path)]);
    };
    visit(this.#tree, []);
    return found;
  }

  #key(key: string, node: ConfigNode, path: Path): string {
    if (key === '' || key === '.' || key === '..' || key.includes('/')) this.#fail(node, [...path, key], `'${key}' cannot be part of a path; name it otherwise`);
    return key;
  }

  #fail({ origin }: ConfigNode, at: Path, message: string): typeof FAILED {
    this.issues.push(issueAt(origin, at, sentence(message)));
    return FAILED;
  }

  #value(node: ConfigNode, path: Path): unknown {
    const key = textOf(path);
    if (this.#made.has(key)) return this.#made.get(key);
    if (this.#open.includes(key)) return this.#fail(node, path, `the references form a circle: ${[...this.#open.slice(this.#open.indexOf(key)), key].join(' -> ')}`);
    this.#open.push(key);
    const made = this.#make(node, path);
    this.#open.pop();
    this.#made.set(key, made);
    return made;
  }

  #make(node: ConfigNode, path: Path): unknown {
    if (node.kind === 'scalar') return node.value;
    if (node.kind === 'list') return whole(node.items.map((item, i) => this.#value(item, [...path, i])));
    switch (specialOf(node)) {
      case '$model':
        return this.#model(node, path);
      case '$ref':
        return this.#reference(node, path);
      case '$env':
        return this.#environment(node, path);
      default: {
        const fields = [...node.fields].map(([key, field]) => [key, this.#value(field, [...path, key])] as const);
        return fields.some(([, field]) => field === FAILED) ? FAILED : Object.fromEntries(fields);
      }
    }
  }

  #model(node: ConfigRecord, path: Path): unknown {
    const name = scalarIn(node, '$model');
    if (typeof name !== 'string' || !this.#definitions.has(name)) {
      return this.#fail(node.fields.get('$model')!, [...path, '$model'], `no flow model is named '${String(name)}'.${suggestion(String(name), this.#definitions.names().filter((each) => !each.startsWith('workflow')), 'Known are')} Import the module that defines it`);
    }
    const definition = this.#definitions.get(name);
    if (definition.kind === 'field' || definition.kind === 'patch') return this.#fail(node, [...path, '$model'], `'${name}' is a context transform, not a model`);
    const bindings: Record<string, unknown> = {};
    let isWhole = true;
    for (const [key, field] of node.fields) {
      if (key === '$model') continue;
      if (!definition.inputIndex.has(key)) this.#fail(field, [...path, key], `${name} has no input '${key}'.${suggestion(key, definition.inputIndex.keys(), 'Its inputs are')}`);
      else bindings[key] = this.#value(field, [...path, key]);
      isWhole &&= definition.inputIndex.has(key) && bindings[key] !== FAILED;
    }
    if (!isWhole) return FAILED;
    try {
      return modelOf(definition, bindings);
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      const input = error.details['input'];
      const field = typeof input === 'string' ? node.fields.get(input) : undefined;
      const at = field === undefined ? path : [...path, input as string];
      return this.#fail(field ?? node, at, this.#isSecret(field ?? node, at) ? `${field === undefined ? 'an input' : `'${input as string}'`} of ${name} is not accepted` : error.message);
    }
  }

  /** What came from the environment is not repeated in a message. */
  #isSecret(node: ConfigNode, path: Path): boolean {
    if (node.kind === 'scalar') return false;
    if (node.kind === 'list') return node.items.some((item, i) => this.#isSecret(item, [...path, i]));
    if (specialOf(node) === '$env') return true;
    const target = specialOf(node) === '$ref' ? targetOf(this.#tree, node, path) : undefined;
    if (target?.node !== undefined) return this.#isSecret(target.node, target.path);
    return [...node.fields].some(([key, field]) => this.#isSecret(field, [...path, key]));
  }

  #reference(node: ConfigRecord, path: Path): unknown {
    const target = targetOf(this.#tree, node, path);
    if (target === undefined || node.fields.size > 1) return this.#fail(node, path, "'$ref' is a path, and stands alone: { $ref: '/visitors/current' }");
    if (target.node !== undefined) return this.#value(target.node, target.path);
    const full = textOf(target.path);
    if (target.path.includes('..')) return this.#fail(node, path, `'${String(scalarIn(node, '$ref'))}' leads above the root`);
    if (this.#registry.has(full)) return this.#registry.get(full);
    const known = [...pathsIn(this.#tree), ...this.#registry.list('/')];
    return this.#fail(node, path, `there is nothing at '${full}'.${suggestion(full, known, 'There is')}`);
  }

  #environment(node: ConfigRecord, path: Path): unknown {
    const [name, type, fallback] = [scalarIn(node, '$env'), node.fields.has('type') ? scalarIn(node, 'type') : 'string', node.fields.get('default')];
    const other = keysOf(node).find((key) => !['$env', 'type', 'default'].includes(key));
    if (typeof name !== 'string' || other !== undefined) return this.#fail(node, path, `'$env' names a variable, beside it stand 'type' and 'default'${other === undefined ? '' : `, not '${other}'`}`);
    if (!(TYPES as readonly unknown[]).includes(type)) return this.#fail(node, path, `the type of '$env' is one of ${TYPES.join(', ')}`);
    const text = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
    if (text === undefined) return fallback === undefined ? this.#fail(node, path, `the environment has no '${name}'. Set it, or give a default: { $env: ${name}, default: … }`) : this.#value(fallback, [...path, 'default']);
    const value = typed(text, type as (typeof TYPES)[number]);
    return value === FAILED ? this.#fail(node, path, `the environment's '${name}' is no ${String(type)}`) : value;
  }
}

const textOf = (path: Path): string => `/${path.join('/')}`;

const whole = (items: readonly unknown[]): unknown => (items.includes(FAILED) ? FAILED : items);

function typed(text: string, type: (typeof TYPES)[number]): unknown {
  switch (type) {
    case 'string':
      return text;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : FAILED;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : FAILED;
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return FAILED;
      }
  }
}

/** All paths of a tree, for suggestions. */
function* pathsIn(node: ConfigNode, path: Path = []): Generator<string> {
  if (path.length > 0) yield textOf(path);
  if (node.kind === 'record' && specialOf(node) === undefined) for (const [key, field] of node.fields) yield* pathsIn(field, [...path, key]);
}
