import { syncBodies } from './bodies.ts';
import { flowmodel, } from './opponents/flowmodel.ts';
import { shapes } from './shapes.ts';
const t = () => { const u = process.threadCpuUsage(); return (u.user + u.system) / 1e3; };
const engine = flowmodel(syncBodies, true);
const graph = shapes.layered.make(1000);
for (let n = 0; n < 300; n++) void engine.build(graph)(n);
const s = [], w = [];
for (let k = 0; k < 15; k++) { const a = t(), b = performance.now(); for (let n = 0; n < 100; n++) void engine.build(graph)(n); s.push((t() - a) * 1e4 / graph.count); w.push((performance.now() - b) * 1e4 / graph.count); }
s.sort((a, b) => a - b); w.sort((a, b) => a - b);
console.log('cpu', s[0], s[7], s[14], 'wall', w[0], w[7], w[14]);
