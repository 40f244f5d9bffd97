/** A batch flow: the same two nodes for every file of a folder. */
import { readdir, readFile } from 'node:fs/promises';
import { BatchFlow, Node } from '@flowmodel/store';

export interface Files {
  readonly folder: URL;
  contents: Record<string, string>;
  counts: Record<string, { lines: number; words: number }>;
}

type File = { readonly file: string };

class Load extends Node<Files, File, URL, string> {
  override prep({ folder }: Files): URL {
    return new URL(this.params.file, folder);
  }

  /** Reading may fail for a moment, so it is what is retried. */
  override exec(file: URL): Promise<string> {
    return readFile(file, 'utf8');
  }

  override post(shared: Files, _file: URL, content: string): void {
    shared.contents[this.params.file] = content;
  }
}

class Count extends Node<Files, File, string, { lines: number; words: number }> {
  override prep({ contents }: Files): string {
    return contents[this.params.file]!;
  }

  override exec(content: string): { lines: number; words: number } {
    return { lines: content.split('\n').length - 1, words: content.match(/\S+/g)?.length ?? 0 };
  }

  override post(shared: Files, _content: string, counts: { lines: number; words: number }): void {
    shared.counts[this.params.file] = counts;
    delete shared.contents[this.params.file]; // not needed any more
  }
}

/** One pass for each file, with its name as a param. */
class EachFile extends BatchFlow<Files> {
  override async prep({ folder }: Files): Promise<File[]> {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith('.ts')).toSorted().map((file) => ({ file }));
  }
}

export async function countWords(folder: URL): Promise<Files['counts']> {
  const load = new Load({ maxRetries: 3, wait: 0.1 });
  load.next(new Count());
  const shared: Files = { folder, contents: {}, counts: {} };
  await new EachFile(load).run(shared);
  return shared.counts;
}
