/** The command `flowmodel`, for programs that want to start it themselves. */
import { CommanderError } from 'commander';
import { program } from './program.ts';

/**
 * Runs the command with its arguments; the result goes to stdout, everything else to stderr. Resolves to the exit code: 0, 1 for a run or
 * validation that failed, 2 for a command line that cannot be carried out, 130 and 143 when a signal interrupted it. Does not end the process.
 *
 * @example
 * ```ts
 * const exitCode = await flowmodel(['completion', 'bash']);
 * console.log(exitCode); // 0
 * ```
 */
export async function flowmodel(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  try {
    await program((code) => {
      exitCode = code;
    }).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
