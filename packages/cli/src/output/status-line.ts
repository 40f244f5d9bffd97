/**
 * A line at the foot of a terminal that is drawn again and again, and other text that scrolls above it.
 *
 * State: `#text` is what stands in the line, empty for no line; `#drawn` whether it is on the screen.
 */
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  #text = '';
  #drawn = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Whether there can be a line at all. */
  get isLive(): boolean {
    return this.#stream.isTTY && process.env['TERM'] !== 'dumb';
  }

  show(text: string): void {
    if (!this.isLive) return;
    this.#erase();
    const width = Math.max(20, this.#stream.columns || 80) - 1;
    this.#text = stripVTControlCharacters(text).length > width ? `${stripVTControlCharacters(text).slice(0, width - 1)}…` : text;
    this.#stream.write(this.#text);
    this.#drawn = this.#text !== '';
  }

  clear(): void {
    this.#erase();
    this.#text = '';
  }

  /** Text above the line. */
  write(text: string | Uint8Array): void {
    this.#erase();
    this.#stream.write(text);
    if (this.#text !== '' && (typeof text !== 'string' || text.endsWith('\n'))) this.show(this.#text);
  }

  /** For a console whose output stands above the line. */
  asStream(): Writable {
    return new Writable({
      write: (chunk: Uint8Array | string, _encoding, done) => {
        this.write(typeof chunk === 'string' ? chunk : chunk.toString());
        done();
      },
    });
  }

  #erase(): void {
    if (this.#drawn) this.#stream.write('\r\u001B[2K');
    this.#drawn = false;
  }
}
