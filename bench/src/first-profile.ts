import { asyncBodies, syncBodies } from './bodies.ts';
import { flowmodel, } from './opponents/flowmodel.ts';
import { shapes } from './shapes.ts';
import type { ShapeName } from './shapes.ts';
const [mode, shape, size] = process.argv.slice(2) as [string, ShapeName, string];
const engine = mode === 'async' ? flowmodel(asyncBodies, false) : flowmodel(syncBodies, true);
const graph = shapes[shape].make(Number(size));
let t = performance.now(); let n = 0;
if (mode !== 'cold') { const run = engine.build(graph); for (; performance.now() - t < 4000; n++) await run(n); }
else for (; performance.now() - t < 4000; n++) { void engine.build(graph)(n); }
console.log(mode, shape, size, ((performance.now() - t) * 1e6 / n / graph.count).toFixed(1), 'ns/node');
