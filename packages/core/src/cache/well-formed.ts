/** Texts as UTF-8 can carry them. */

const REPLACEMENT = '\uFFFD';
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const ESCAPED = new RegExp(`${REPLACEMENT}|${LONE_SURROGATE.source}`, 'g');

/**
 * The text, with lone surrogates written out: UTF-8 has none, and an encoder would make all of them the same replacement character.
 * Different texts stay different, since that character is written out too.
 */
export function wellFormed(text: string): string {
  if (!text.includes(REPLACEMENT) && isWellFormed(text)) return text;
  return text.replace(ESCAPED, (char) => (char === REPLACEMENT ? `${REPLACEMENT}=` : `${REPLACEMENT}${char.charCodeAt(0).toString(16)}`));
}

const native = (String.prototype as { isWellFormed?: () => boolean }).isWellFormed; // not in ES2023
const isWellFormed = (text: string): boolean => (native === undefined ? !LONE_SURROGATE.test(text) : native.call(text));
