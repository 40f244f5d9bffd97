/** Where a document comes from: what its relative references start from, and where its parts stand. */
import type { WorkflowIssue, WorkflowPhase } from '../errors.ts';
import type { Path } from './data.ts';
import type { Position } from './text.ts';

export class Source {
  /** As messages show it; undefined for a document given as data. */
  readonly file: string | undefined;
  readonly locate: (path: Path) => Position | undefined;
  readonly #pathOf: (path: Path) => Path;

  /** `pathOf`: for a document made of a part of another, where its parts stand there. */
  constructor(file: string | undefined, locate: (path: Path) => Position | undefined = () => undefined, pathOf: (path: Path) => Path = (path) => path) {
    this.file = file;
    this.locate = locate;
    this.#pathOf = pathOf;
  }

  issue(phase: WorkflowPhase, at: Path, message: string): WorkflowIssue {
    const position = this.locate(at);
    return { phase, message: sentence(message), at: this.#pathOf(at), file: this.file, line: position?.line, column: position?.column };
  }

  /** A document inside this one: its positions are those of the text around it. */
  inside(at: Path): Source {
    return new Source(this.file === undefined ? '<inline>' : `${this.file}#<inline>`, (path) => this.locate([...at, ...path]));
  }
}

/** A document made of a part of another. */
export const partOf = (source: Source, pathOf: (path: Path) => Path): Source => new Source(source.file, (path) => source.locate(pathOf(path)), pathOf);

/** With its full stop. */
export const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
