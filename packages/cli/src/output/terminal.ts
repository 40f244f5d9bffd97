/** What a stream shows: colours, and how wide it is. */
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

export type Paint = (format: Format, text: string) => string;

/** Colours where the stream is a terminal that has them; NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR are heard. */
export const painter = (stream: NodeJS.WriteStream): Paint => (format, text) => styleText(format, text, { stream });

export const hasColours = (stream: NodeJS.WriteStream): boolean => styleText('red', 'x', { stream }) !== 'x';

/** Resolves when the text is handed over, so that the process may end. */
export const written = (stream: NodeJS.WritableStream, text: string): Promise<void> =>
  new Promise((resolve) => {
    stream.write(text, () => resolve());
  });

/** Whoever reads the output may stop reading: `flowmodel graph pipeline.ts | head -1`. That is no failure; a full disk is. */
export function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`${painter(process.stderr)(['red', 'bold'], 'error:')} the output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
}

/** What must not break a line or move the cursor. */
export const printable = (text: string): string => text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`); // oxlint-disable-line no-control-regex -- these are the ones
