/** One compilation with all its children: loading, depth, circles, and compiled children that are used again. */
import type { Definition, DefinitionRegistry, ModelRegistry } from '@flowmodel/core';
import { isRecord } from '../document/data.ts';
import type { Path } from '../document/data.ts';
import { readData, readDocument } from '../document/parse.ts';
import type { ReadDocument } from '../document/parse.ts';
import type { NestedNodeDeclaration, WorkflowDocument } from '../document/schema.ts';
import type { Source } from '../document/source.ts';
import type { WorkflowIssue, WorkflowPhase } from '../errors.ts';
import { FileProblem, hashOf } from '../files/root.ts';
import type { LoadedFile, Root } from '../files/root.ts';
import { compileDocument } from './document.ts';
import type { BasisBuilder, Compilation } from './document.ts';
import { failureText } from './nested-node.ts';
import type { Child, CompiledDocument } from './work.ts';

/** Where a document stands: the folder that its references start from, and the documents around it. */
export interface Place {
  readonly directory: string;
  /** 0 for the outermost. */
  readonly depth: number;
  readonly around: readonly Ancestor[];
}

/** A part of a document that is being compiled, and where its problems go. */
export interface Site {
  readonly at: Path;
  readonly source: Source;
  readonly place: Place;
  readonly issues: WorkflowIssue[];
}

interface Ancestor {
  readonly shown: string;
  readonly path: string | undefined;
  /** Folder and content: the same content in the same folder has the same children. */
  readonly identity: string;
}

export interface SessionOptions {
  readonly definitions: DefinitionRegistry;
  readonly registry: ModelRegistry | undefined;
  readonly root: Root;
  readonly allowSharedStorage: boolean;
  /** What messages call a file. */
  readonly shownOf: (path: string) => string;
}

/** Part of what compiled children are known by: what another version made is not used. */
const SCHEMA_VERSION = 1;
const MOST_KEPT = 500;

interface Kept {
  readonly hash: string;
  readonly compiled: CompiledDocument;
}

/** Compiled children, by the registry that they use. */
const keptBy = new WeakMap<DefinitionRegistry | ModelRegistry, Map<string, Kept>>();

export class Session {
  readonly definitions: DefinitionRegistry;
  readonly registry: ModelRegistry | undefined;
  readonly #root: Root;
  readonly #allowSharedStorage: boolean;
  readonly #shownOf: (path: string) => string;
  readonly #kept: Map<string, Kept>;
  readonly #inlined = new Map<string, CompiledDocument>();

  constructor({ definitions, registry, root, allowSharedStorage, shownOf }: SessionOptions) {
    this.definitions = definitions;
    this.registry = registry;
    this.#root = root;
    this.#allowSharedStorage = allowSharedStorage;
    this.#shownOf = shownOf;
    const holder = registry ?? definitions; // with a registry, a $ref is no data
    this.#kept = keptBy.get(holder) ?? new Map();
    keptBy.set(holder, this.#kept);
  }

  /** Compiles the outermost document. */
  outermost(document: WorkflowDocument, source: Source, directory: string, path: string | undefined): Compilation {
    const ancestor = { shown: source.file ?? '<inline>', path, identity: identityOf(directory, document) };
    return compileDocument(document, source, { directory, depth: 0, around: [ancestor] }, this);
  }

  /** The child of a nested node. What is wrong with it goes to `issues`, unless the node routes it. */
  child({ params }: NestedNodeDeclaration, { at, source, place, issues }: Site, isRouted: boolean, basis: BasisBuilder): Child | undefined {
    const paramsAt = [...at, 'params'];
    if (params.storage_mode === 'shared' && !this.#allowSharedStorage) {
      report({ at: [...paramsAt, 'storage_mode'], source, place, issues }, 'compile', "'shared' lets a child see everything that its parent has. If that is meant, compile with allowSharedStorage: true; 'scoped' shows it what begins with a prefix");
    }
    basis.limit(params.max_depth);
    const shown = params.workflow_ref ?? '<inline>';
    const found: WorkflowIssue[] = [];
    const compiled = this.#compileChild(params, { at: paramsAt, source, place, issues: found }, basis);
    if (compiled !== undefined) {
      basis.include(compiled.basis);
      return { compiled };
    }
    const escapes = found.some((issue) => this.#escapes.has(issue));
    if (!isRouted || escapes) {
      issues.push(...found);
      return undefined;
    }
    basis.isFinal = false;
    return { failure: { message: failureText(shown, found), issues: found } };
  }

  /** Issues that are told whatever the node routes. */
  readonly #escapes = new WeakSet<WorkflowIssue>();

  #compileChild({ workflow_ref: reference, workflow_ir: inline, max_depth: maxDepth }: NestedNodeDeclaration['params'], params: Site, basis: BasisBuilder): CompiledDocument | undefined {
    const { depth, around } = params.place;
    if (depth >= maxDepth) return report(below(params, 'max_depth'), 'depth', `Maximum workflow nesting depth (${maxDepth}) exceeded: this node stands at depth ${depth}`);
    if (reference === undefined) return this.#inline(inline, below(params, 'workflow_ir'));
    const site = below(params, 'workflow_ref');
    const file = this.#load(reference, site);
    if (file === undefined) return undefined;
    if (around.some(({ path }) => path === file.path)) return reportCircle(this.#shownOf(file.path), site);
    basis.files.set(file.path, file.hash);
    return this.#fromFile(file, site);
  }

  #load(reference: string, site: Site): LoadedFile | undefined {
    if (reference.includes('${') || reference.startsWith('$')) return report(site, 'compile', "'workflow_ref' takes no template: children are compiled before anything runs. Use a node for each child, and edges with actions");
    try {
      return this.#root.load(reference, site.place.directory);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      report(site, 'load', error.message);
      if (error.isEscape) this.#escapes.add(site.issues.at(-1)!);
      return undefined;
    }
  }

  /** Two nodes with the same inline child have one compiled child, so that what is equal runs once. */
  #inline(data: unknown, site: Site): CompiledDocument | undefined {
    const { at, source, place } = site;
    const read = readData(data, source.inside(at, data));
    const key = read.document === undefined ? '' : identityOf(place.directory, read.document);
    const known = this.#inlined.get(key);
    if (known !== undefined && this.#isCurrent(known, place)) return known;
    const compiled = this.#compile(read, { shown: '<inline>', path: undefined, directory: place.directory }, site)?.compiled;
    if (compiled?.basis.isFinal === true) this.#inlined.set(key, compiled);
    return compiled;
  }

  /** The compiled child of a file: one that is kept, if everything below is as it was. */
  #fromFile(file: LoadedFile, site: Site): CompiledDocument | undefined {
    const shown = this.#shownOf(file.path);
    const key = JSON.stringify([SCHEMA_VERSION, this.#root.directory, this.#allowSharedStorage, file.path, shown]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.hash === file.hash && this.#isCurrent(kept.compiled, site.place)) {
      this.#kept.delete(key); // to the end: the first is the one that was not used for longest
      this.#kept.set(key, kept);
      return kept.compiled;
    }
    const compiled = this.#compile(readDocument(file.text, { file: shown }), { shown, path: file.path, directory: file.directory }, site)?.compiled;
    if (compiled?.basis.isFinal === true) {
      this.#kept.set(key, { hash: file.hash, compiled });
      if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    }
    return compiled;
  }

  #isCurrent({ basis }: CompiledDocument, place: Place): boolean {
    if (place.depth + 1 >= basis.tooDeepAt) return false;
    for (const [name, definition] of basis.definitions) if (!isSame(this.definitions, name, definition)) return false;
    for (const [path, hash] of basis.files) {
      if (place.around.some((ancestor) => ancestor.path === path)) return false;
      try {
        if (this.#root.load(pathFrom(this.#root.directory, path), this.#root.directory).hash !== hash) return false;
      } catch {
        return false;
      }
    }
    return true;
  }

  #compile(read: ReadDocument, { shown, path, directory }: Omit<Ancestor, 'identity'> & { readonly directory: string }, site: Site): Compilation | undefined {
    const { place, issues } = site;
    if (read.document === undefined) {
      issues.push(...read.issues);
      return undefined;
    }
    const identity = identityOf(directory, read.document);
    if (place.around.some((ancestor) => ancestor.identity === identity)) return reportCircle(shown, site);
    const compilation = compileDocument(read.document, read.source, { directory, depth: place.depth + 1, around: [...place.around, { shown, path, identity }] }, this);
    issues.push(...compilation.issues);
    return compilation;
  }
}

const below = (site: Site, key: string): Site => ({ ...site, at: [...site.at, key] });

const report = ({ at, source, issues }: Site, phase: WorkflowPhase, message: string): undefined => void issues.push(source.issue(phase, at, message));

const reportCircle = (shown: string, site: Site): undefined => report(site, 'cycle', `a workflow cannot contain itself: ${[...site.place.around.map((ancestor) => ancestor.shown), shown].join(' -> ')}`);

const isSame = (definitions: DefinitionRegistry, name: string, definition: Definition): boolean => definitions.has(name) && definitions.get(name) === definition;

const pathFrom = (root: string, path: string): string => path.slice(root.length).replaceAll('\\', '/').replace(/^\/+/, '');

const identityOf = (directory: string, document: WorkflowDocument): string => `${directory} ${hashOf(canonical(document))}`;

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (isRecord(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part));
