/** For tests of models and of what runs them: time under control, stand-ins for bodies, counts and records of what ran, and a search through schedules. */
export { countRuns } from './count-runs.ts';
export type { RunCounter, RunCounts } from './count-runs.ts';
export { explore, ScheduleError } from './explore.ts';
export type { Exploration, ExploreOptions } from './explore.ts';
export { recordEvents } from './record-events.ts';
export type { EventRecorder } from './record-events.ts';
export type { FindingKind, Scenario, Schedule } from './schedule.ts';
export { stub } from './stub.ts';
export type { Replacement } from './stub.ts';
export { virtualClock } from './virtual-clock.ts';
export type { VirtualClock } from './virtual-clock.ts';
