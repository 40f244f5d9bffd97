import { count, delta, earlier, Visitors } from './visitors.ts';

const startDate = new Date('2024-03-01T00:00:00Z');
const endDate = new Date('2024-03-31T00:00:00Z');

// a decorated method is a function as it was
console.log(Visitors.count({ location: 'library', startDate, endDate })); // 367

const current = count({ location: 'library' });
const previous = current.flow.withContext(earlier({ days: 30 })); // a window of 60 days, 30 days earlier
const model = delta({ current, previous });
console.log(String(model.flow.computeSync({ startDate, endDate }).value.change)); // -360
