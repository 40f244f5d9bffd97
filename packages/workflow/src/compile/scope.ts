/** The root names of a document, and what references to them come to. Inputs come first, then nodes and what nested nodes map to root names. */
import type { Path } from '../document/data.ts';
import type { WorkflowDocument } from '../document/schema.ts';
import type { CallableModel, ModelRegistry } from '@flowmodel/core';
import { sentence } from '../document/source.ts';
import type { Place, Source } from '../document/source.ts';
import type { WorkflowIssue, WorkflowPhase } from '../errors.ts';
import { suggestion } from '../names.ts';
import { referencesIn } from '../template/expression.ts';
import type { Expression } from '../template/expression.ts';
import type { Reference } from '../template/parse.ts';
import { fits, kindAt, kindOfInput, kindOfValue, listOf, misfit, kindText, recordOf, TEXT } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { isOfFailure, isPrivate, listedBelow, mappedBelow, pathOf } from './mappings.ts';
import type { Listed } from './mappings.ts';
import type { Mapping, RootName, Work } from './work.ts';

export class Scope {
  readonly document: WorkflowDocument;
  readonly #source: Source;
  readonly #issues: WorkflowIssue[];
  readonly #warnings: WorkflowIssue[];
  readonly #registry: ModelRegistry | undefined;
  readonly #names = new Map<string, RootName>();
  /** The inputs that something reads. */
  readonly used = new Set<string>();
  usesInstances = false;

  constructor(document: WorkflowDocument, source: Source, issues: WorkflowIssue[], warnings: WorkflowIssue[], registry: ModelRegistry | undefined) {
    this.document = document;
    this.#registry = registry;
    this.#source = source;
    this.#issues = issues;
    this.#warnings = warnings;
    for (const [name, declaration] of Object.entries(document.inputs)) this.#names.set(name, { kind: 'input', name, declaration });
  }

  report(at: Path, message: string, phase: WorkflowPhase = 'compile'): void {
    this.#issues.push(this.#source.issue(phase, at, message));
  }

  /** Where a part of the document stands. */
  place(at: Path): Place {
    return this.#source.place(at);
  }

  warn(at: Path, message: string): void {
    this.#warnings.push(this.#source.issue('compile', at, message));
  }

  addNodes(works: readonly Work[]): void {
    for (const work of works) {
      const { id } = work.node;
      const taken = this.#names.get(id);
      if (taken?.kind === 'node') this.report([...work.at, 'id'], `there is another node '${id}'; ids are unique`);
      else if (taken !== undefined) this.warn([...work.at, 'id'], `\${${id}} is the input '${id}', which hides the node of that name`);
      else this.#names.set(id, { kind: 'node', work });
    }
    for (const work of works) {
      for (const [name, mappings] of work.mappings ?? []) {
        const taken = this.#names.get(name);
        if (taken !== undefined) this.report(mappings[0]!.at, `'${name}' is the name of ${taken.kind === 'input' ? 'an input' : taken.kind === 'node' ? 'a node' : `an output of node '${taken.work.node.id}'`} already; map to another name`);
        else this.#names.set(name, { kind: 'mapped', work, mappings });
      }
    }
  }

  resolve(name: string): RootName | undefined {
    const root = this.#names.get(name);
    if (root?.kind === 'input') this.used.add(name);
    return root;
  }

  /** The node that a reference depends on. */
  nodeOf(name: string): Work | undefined {
    const root = this.#names.get(name);
    return root === undefined || root.kind === 'input' ? undefined : root.work;
  }

  names(): IterableIterator<string> {
    return this.#names.keys();
  }

  input(name: string): RootName | undefined {
    const root = this.#names.get(name);
    return root?.kind === 'input' ? this.resolve(name) : undefined;
  }

  /** A registered model; reports when there is none, or when it needs of the context what the document does not declare. */
  instance(path: string, at: Path, given: Iterable<string> = []): CallableModel | undefined {
    const known = this.#registry?.list('/') ?? [];
    if (this.#registry?.has(path) !== true) return void this.report(at, `no model is registered at '${path}'.${suggestion(path, known, 'Registered are')}`);
    this.usesInstances = true;
    const model = this.#registry.get(path);
    const supplied = new Set(given);
    for (const [field, { type }] of Object.entries(model.flow.inspect().graph.requiredInputs)) {
      if (!supplied.has(field) && this.input(field) === undefined) this.report(at, `the model at '${path}' needs '${field}' (${type}) of the context. Declare an input '${field}'`);
    }
    return model;
  }

  /** What an expression yields; reports what it refers to in vain. */
  kindOf(expression: Expression, at: Path, isOptional = false): Kind {
    switch (expression.kind) {
      case 'literal':
        return kindOfValue(expression.value);
      case 'instance':
        this.instance(expression.path, at);
        return undefined;
      case 'reference':
        return this.#kindOfReference(expression.reference, at, isOptional);
      case 'text':
        for (const { reference } of referencesIn(expression)) this.#kindOfReference(reference, at, isOptional);
        return TEXT;
      case 'list':
        for (const [i, item] of expression.items.entries()) this.kindOf(item, [...at, i], isOptional);
        return listOf(undefined);
      case 'record':
        return recordOf(Object.fromEntries(Object.entries(expression.fields).map(([name, field]) => [name, this.kindOf(field, [...at, name], isOptional)])));
      case 'default': {
        const kind = this.kindOf(expression.value, [...at, '$value'], true);
        return kind === undefined ? undefined : [...kind, ...(kindOfValue(expression.otherwise) ?? [])];
      }
    }
  }

  /** Reports an expression whose kind does not suit what it is for. */
  check(expression: Expression, at: Path, target: Kind, what: string): void {
    const kind = this.kindOf(expression, at);
    if (fits(kind, target)) return;
    const shown = expression.kind === 'reference' ? `${expression.reference.text} is ${kindText(kind)}` : `it is ${kindText(kind)}`;
    this.report(at, `${what} expects ${kindText(target)}, and ${shown}${misfit(kind, target)}`);
  }

  #kindOfReference(reference: Reference, at: Path, isOptional: boolean): Kind {
    const root = this.resolve(reference.name);
    if (root === undefined) {
      const message = `${reference.text}: there is no input and no node '${reference.name}'.${suggestion(reference.name, this.names(), 'Known are')}`;
      if (isOptional) this.warn(at, `${message} The default always stands in`);
      else this.report(at, message);
      return undefined;
    }
    const found = kindAt(...kindAndPath(root, reference));
    if ('kind' in found) return found.kind;
    const isHidden = root.kind === 'node' && isPrivate(root.work, reference.path);
    const problem = isHidden ? `${sentence(found.problem)} What the output_mapping of the node does not list is private` : found.problem;
    if (isOptional) this.warn(at, `${reference.text}: ${sentence(problem)} The default always stands in`);
    else this.report(at, `${reference.text}: ${problem}`);
    return undefined;
  }
}

/** What a reference looks into, and how. */
function kindAndPath(root: RootName, { path }: Reference): [Kind, readonly (string | number)[]] {
  if (root.kind === 'input') return [kindOfInput(root.declaration), path];
  const { work } = root;
  if (root.kind === 'mapped') return [root.mappings[0]!.target.length === 0 ? kindOfMapping(work, root.mappings[0]!) : recordKind(work, mappedBelow(root, [])), path];
  if (isOfFailure(work, path)) return [undefined, path];
  return [isPrivate(work, path) && work.kind !== undefined ? recordKind(work, listedBelow(work, [])) : work.kind, path];
}

function kindOfMapping({ kind }: Work, mapping: Mapping): Kind {
  const found = kindAt(kind, pathOf(mapping));
  return 'kind' in found ? found.kind : undefined; // reported where it is mapped
}

function recordKind(work: Work, listed: readonly Listed[]): Kind {
  const byKey = new Map<string, Listed[]>();
  for (const { mapping, keys: [key, ...keys] } of listed) byKey.set(key!, [...(byKey.get(key!) ?? []), { mapping, keys }]);
  return recordOf(Object.fromEntries([...byKey].map(([key, below]) => [key, below[0]!.keys.length === 0 ? kindOfMapping(work, below[0]!.mapping) : recordKind(work, below)])));
}
