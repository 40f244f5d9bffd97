/** Tells when one of some files changes. Folders are watched, since editors replace files instead of writing to them. */
import { statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

export class WatchedFiles {
  /** File → what it was when it was last looked at. */
  readonly #stamps = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onChange: (file: string) => void;

  constructor(onChange: (file: string) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#stamps.size;
  }

  /** Whether any change would be heard of. */
  get isWatching(): boolean {
    return this.#watchers.size > 0;
  }

  add(file: string): void {
    if (this.#stamps.has(file)) return;
    this.#stamps.set(file, stampOf(file));
    const folder = dirname(file);
    if (this.#watchers.has(folder)) return;
    try {
      this.#watchers.set(folder, watch(folder, () => this.#look(folder)).on('error', () => this.#watchers.delete(folder)));
    } catch {
      // A folder that is not there: what is in it cannot change.
    }
  }

  #look(folder: string): void {
    for (const [file, before] of this.#stamps) {
      if (dirname(file) !== folder) continue;
      const now = stampOf(file);
      if (now === before) continue;
      this.#stamps.set(file, now);
      this.#onChange(file);
    }
  }

  end(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? 'none' : `${found.mtimeNs} ${found.size} ${found.ino}`;
}
