// npm run demo [-- arguments of the example]
import { installIfNeeded } from './install.mjs';
import { pnpm, run } from './run.mjs';

const commands = [
  ['tsc', '-b', 'examples/weather'],
  [...pnpm, '--silent', '-C', 'examples/weather', 'run', 'start', ...process.argv.slice(2)],
];

process.exitCode = (await installIfNeeded()) ? 0 : 1;
for (const command of commands) if (process.exitCode === 0) process.exitCode = (await run(command)).code;
