/** The engine that definitions carry: what models can do, put together from the folders that do it. */
import { withContext } from './context/with-context.ts';
import type { Engine } from './model/engine.ts';
import { compute, computeSync } from './run/compute.ts';

export const engine: Engine = { compute, computeSync, withContext };
