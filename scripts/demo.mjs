// npm run demo [-- arguments of the example]
import { installIfNeeded } from './install.mjs';
import { pnpm, run } from './run.mjs';

const commands = [
  ['tsc', '-b'],
  [...pnpm, '--silent', '--fail-if-no-match', '--filter', '@flowmodel/example-weather', 'run', 'start', ...process.argv.slice(2)],
];

let ok = await installIfNeeded();
for (const command of commands) ok = ok && (await run(command)).ok;
process.exitCode = ok ? 0 : 1;
