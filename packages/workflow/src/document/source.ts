/** Where a document comes from: what its relative references start from, and where its parts stand. */
import type { WorkflowIssue, WorkflowPhase } from '../errors.ts';
import { isRecord } from './data.ts';
import type { Path } from './data.ts';
import { NAME } from './schema.ts';
import type { Locate, Part, TextProblem } from './text.ts';

export interface SourceOptions {
  readonly locate?: Locate;
  /** The document as it was given: messages name its nodes. */
  readonly data?: unknown;
  /** For a document made of a part of another: where its parts stand there. */
  readonly pathOf?: (path: Path) => Path;
}

/** Where a part of a document stands. */
export type Place = Pick<WorkflowIssue, 'at' | 'file' | 'line' | 'column'>;

export class Source {
  /** As messages show it; undefined for a document given as data. */
  readonly file: string | undefined;
  readonly locate: Locate;
  readonly #data: unknown;
  readonly #pathOf: (path: Path) => Path;

  constructor(file: string | undefined, { locate = () => undefined, data, pathOf = (path) => path }: SourceOptions = {}) {
    this.file = file;
    this.locate = locate;
    this.#data = data;
    this.#pathOf = pathOf;
  }

  place(at: Path, part: Part = 'value'): Place {
    const position = this.locate(at, part);
    return { at: this.#pathOf(at), file: this.file, line: position?.line, column: position?.column };
  }

  issue(phase: WorkflowPhase, at: Path, message: string, part: Part = 'value'): WorkflowIssue {
    const place = this.place(at, part);
    return { phase, message: sentence(message), node: nodeAt(this.#data, place.at), ...place };
  }

  /** A document inside this one: its positions are those of the text around it. */
  inside(at: Path, data: unknown): Source {
    return new Source(this.file === undefined ? '<inline>' : `${this.file}#<inline>`, { locate: (path, part) => this.locate([...at, ...path], part), data });
  }

  /** A document made of a part of this one. */
  partial(pathOf: (path: Path) => Path): Source {
    return new Source(this.file, { locate: (path, part) => this.locate(pathOf(path), part), data: this.#data, pathOf: (path) => this.#pathOf(pathOf(path)) });
  }
}

/** The id of the node that a path leads into. Nobody has checked the form yet. */
function nodeAt(data: unknown, [key, index]: Path): string | undefined {
  const nodes: unknown = key === 'nodes' && isRecord(data) ? data['nodes'] : undefined;
  const node: unknown = Array.isArray(nodes) && typeof index === 'number' ? nodes[index] : undefined;
  const id = isRecord(node) ? node['id'] : undefined;
  return typeof id === 'string' && NAME.test(id) ? id : undefined;
}

/** A problem of a text or a file as a whole. */
export const fileIssue = (phase: WorkflowPhase, file: string | undefined, { message, line, column }: TextProblem): WorkflowIssue => ({ phase, message: sentence(message), at: [], node: undefined, file, line, column });

/** With its full stop. */
export const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
