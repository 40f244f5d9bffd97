/** What the command line asks for cannot be had: exit code 2. The message says what is wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
