// npm run bench [-- --quick] [-- --only question[,question]]
import { installIfNeeded } from './install.mjs';
import { pnpm, run } from './run.mjs';

const commands = [
  ['tsc', '-b', 'packages/core', 'packages/cache', 'packages/batch'],
  [...pnpm, '--silent', '--fail-if-no-match', '--filter', '@flowmodel/bench', 'run', 'start', ...process.argv.slice(2)],
];

let ok = await installIfNeeded();
for (const command of commands) ok = ok && (await run(command)).ok;
process.exitCode = ok ? 0 : 1;
