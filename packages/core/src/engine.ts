/** The engine that definitions carry: what models can do, put together from the folders that do it. */
import { remembering } from './cache/remembering.ts';
import { withContext } from './context/with-context.ts';
import { inspect } from './inspect/inspect.ts';
import type { Engine } from './model/engine.ts';
import { computing } from './run/compute.ts';
import { toJSON } from './serialize/to-json.ts';

export const engine: Engine = { ...computing(remembering), withContext, inspect, toJSON };
