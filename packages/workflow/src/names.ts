/** Names for messages: lists, and the known names nearest to a mistyped one. */

/** At most three known names, the nearest first: the same but for case, hyphens and underscores, then a few letters apart. */
export function nearestNames(name: string, known: Iterable<string>): string[] {
  const wanted = folded(name);
  const most = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3)); // two letters are near to any two
  return [...known]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({ candidate, distance: distance(wanted, folded(candidate), most + 1) }))
    .filter((each) => each.distance <= most)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

const folded = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');

/** How many edits lead from one name to the other: a letter more, less or changed, or two swapped; gives up at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : limit;
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, changed, swapped));
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

const MOST_LISTED = 20;

/** `'a', 'b' and 'c'`; at most 20, then how many more there are. */
export function listNames(names: Iterable<string>): string {
  const all = [...names].map((name) => `'${name}'`);
  if (all.length === 0) return 'none';
  if (all.length === 1) return all[0]!;
  if (all.length > MOST_LISTED) return `${all.slice(0, MOST_LISTED).join(', ')} and ${all.length - MOST_LISTED} more`;
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/** ` Did you mean 'load'? Known are 'load' and 'parse'.` */
export function suggestion(name: string, known: Iterable<string>, what: string): string {
  const names = [...known];
  const near = nearestNames(name, names);
  const guess = near.length === 0 ? '' : ` Did you mean ${near.map((each) => `'${each}'`).join(' or ')}?`;
  return `${guess} ${what} ${listNames(names)}.`;
}
