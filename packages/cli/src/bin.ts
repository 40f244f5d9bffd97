/** The process `flowmodel`. Ends when the command is done, whatever connections and timers a module left open. */
import { flowmodel } from './index.ts';
import { endWithReader, written } from './output/terminal.ts';

endWithReader(process.stdout);
endWithReader(process.stderr);
process.on('uncaughtException', (error) => void endBy(error));
const exitCode = await flowmodel(process.argv.slice(2));
await Promise.all([written(process.stdout, ''), written(process.stderr, '')]);
process.exit(exitCode);

async function endBy(uncaught: unknown): Promise<void> {
  const { uncaughtText } = await import('./output/failure.ts');
  await written(process.stderr, uncaughtText(uncaught, process.stderr));
  process.exit(1);
}
