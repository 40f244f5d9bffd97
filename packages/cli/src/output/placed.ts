/** Where in workflow documents a run failed. */
import type { WorkflowPlace } from '@flowmodel/workflow';
import { workflowFor } from '../load/core.ts';
import type { Loaded } from '../load/load.ts';

/** What a run rejected with, and the nodes of documents that lead there, the outermost first. */
export class PlacedError extends Error {
  readonly places: readonly WorkflowPlace[];

  constructor(places: readonly WorkflowPlace[], cause: unknown) {
    super(undefined, { cause });
    this.places = places;
  }

  /** `flow.yaml:3:5, node 'load' (readText)`. */
  get where(): string {
    return placeText(this.places.at(-1)!);
  }

  /** A line for each nested node around it, the innermost first. */
  get around(): string {
    return this.places.slice(0, -1).toReversed().map((place) => `\n  in ${placeText(place)}`).join('');
  }
}

/** The same error where no document has to do with it. What flowmodel itself refuses is told by its message alone. */
export async function placed(error: unknown, { model, path, core }: Loaded): Promise<unknown> {
  const { workflowErrorOf, workflowPlacesOf } = await workflowFor(path);
  const places = workflowPlacesOf(error, model);
  if (places.length === 0) return error;
  return error instanceof core.FlowError ? workflowErrorOf(error, model) : new PlacedError(places, error);
}

function placeText({ file, line, column, node, type, output }: WorkflowPlace): string {
  const what = node === undefined ? `output '${output}'` : `node '${node}' (${type})`;
  const path = file?.replace(/(#<inline>)+$/, ''); // a document inside another stands in the file of that one
  return path === undefined ? what : `${line === undefined ? path : `${path}:${line}:${column}`}, ${what}`;
}
