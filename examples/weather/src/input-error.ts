/** What the user asked for cannot be had. The message is one line that says what is wrong and what would be right. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
