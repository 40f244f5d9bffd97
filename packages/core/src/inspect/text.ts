/** Short texts for reports and pictures: one line, nothing that moves a cursor, cut where long. */
import { SECRET_TEXT, show } from '../errors.ts';
import { asModel, UNSET } from '../model/brand.ts';
import { isPlainObject } from '../model/frozen.ts';
import { labelOn } from '../model/label.ts';
import type { Label } from '../model/label.ts';
import type { Model } from '../model/model.ts';

/** A value in short: models by name, secrets masked before. */
export function valueText(value: unknown, depth = 0): string {
  if (value === UNSET) return '<unset>';
  if (value === SECRET_TEXT) return SECRET_TEXT;
  const model = asModel(value);
  if (model !== undefined) return modelText(model);
  if (Array.isArray(value)) {
    if (depth > 2) return '[…]';
    const items = value.slice(0, MOST_ITEMS).map((item) => valueText(item, depth + 1));
    return `[${items.join(', ')}${value.length > MOST_ITEMS ? ', …' : ''}]`;
  }
  if (!isPlainObject(value)) return show(value);
  return depth > 2 ? '{…}' : recordText(value, depth + 1);
}

/** A model in short, by its label where it has one: `countVisitors(…)`, `raw`. */
export function modelText(model: Model): string {
  const label = labelOn(model.base);
  const scope = model.rewrites === undefined ? undefined : labelOn(model);
  return label === undefined ? model.brief() : labelText(scope?.text ?? '', label);
}

/** A label in a context that may have one: `inner.double`, `${n} in inner`. */
export const labelText = (scope: string, { text, whole }: Label): string => cut(scope === '' ? text : whole ? `${text} in ${scope}` : `${scope}.${text}`, LONGEST_LABEL);

const LONGEST_LABEL = 100;

/** `{ a: 1, b: countVisitors(…) }` */
export function recordText(record: Readonly<Record<string, unknown>>, depth = 0): string {
  const names = Object.keys(record);
  const fields = names.slice(0, MOST_ITEMS).map((name) => `${nameText(name)}: ${valueText(record[name], depth)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')}${names.length > MOST_ITEMS ? ', …' : ''} }`;
}

const MOST_ITEMS = 20;

/** A name as it would stand in source text. */
export const nameText = (name: string): string => (/^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name) ? name : JSON.stringify(cut(name, 80)));

/** Control characters, line breaks and marks that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text on one line: whatever would move a cursor or turn text around is written out, half characters replaced. */
export const oneLine = (text: string): string =>
  text.replaceAll(/\p{Surrogate}/gu, '\ufffd').replaceAll(UNPRINTABLE, (mark) => (mark === '\n' ? '\\n' : mark === '\t' ? '\\t' : `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`));

/** At most `most` characters; whole ones. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most * 2); // no need to look at all of a long text
  const characters = Array.from(head);
  return characters.length <= most && head.length === text.length ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** The same, of the end. */
export const cutStart = (text: string, most: number): string => (text.length <= most ? text : `…${text.slice(1 - most)}`);

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u;
const NARROW = /^[\x20-\x7e]*$/;

/** The columns that a text takes on a terminal, as terminals mostly have it. */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += /\p{Mn}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
