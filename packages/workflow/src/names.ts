/** Names for messages: the known names nearest to a mistyped one. */
import { editDistance, listNames } from '@flowmodel/core/extending';

/** At most three known names, the nearest first: the same but for case, hyphens and underscores, then a few letters apart. */
export function nearestNames(name: string, known: Iterable<string>): string[] {
  const wanted = folded(name);
  const most = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3)); // two letters are near to any two
  return [...known]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({ candidate, distance: editDistance(wanted, folded(candidate), most + 1) }))
    .filter((each) => each.distance <= most)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

const folded = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');

/** ` Did you mean 'load'? Known are 'load' and 'parse'.` */
export function suggestion(name: string, known: Iterable<string>, what: string): string {
  const names = [...known];
  const near = nearestNames(name, names);
  const guess = near.length === 0 ? '' : ` Did you mean ${near.map((each) => `'${each}'`).join(' or ')}?`;
  return `${guess} ${what} ${listNames(names)}.`;
}
