/** How far something has come, in words and bars. */

export interface Standing {
  readonly label: string;
  readonly completed: number;
  readonly total: number | undefined;
  readonly failed: number;
  /** Milliseconds since its begin. */
  readonly elapsed: number;
  /** How it ended; undefined while it is under way. */
  readonly end: 'done' | 'failed' | 'cancelled' | undefined;
}

/** `documents  ██████░░░░░░░░░░░░░░  30/100  30%  12.3/s  ETA 6s  2 failed` */
export function barLine(standing: Standing, labelWidth: number, barWidth: number): string {
  const { label, completed, total } = standing;
  const filled = total === undefined || total === 0 ? barWidth : Math.floor((completed / total) * barWidth);
  const bar = total === undefined ? [] : [`${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`];
  return [label.padEnd(labelWidth), ...bar, countText(standing), ...percentText(standing), ...tail(standing)].join('  ');
}

/** `documents: 30/100, 30%, 12.3/s, ETA 6s, 2 failed` */
export const plainLine = (standing: Standing): string => `${standing.label}: ${[countText(standing), ...percentText(standing), ...tail(standing)].join(', ')}`;

const countText = ({ completed, total }: Standing): string => (total === undefined ? String(completed) : `${String(completed).padStart(String(total).length)}/${total}`).trimStart();

const percentText = ({ completed, total }: Standing): string[] => (total === undefined ? [] : [`${total === 0 ? 100 : Math.floor((completed / total) * 100)}%`]);

function tail({ completed, total, failed, elapsed, end }: Standing): string[] {
  const perSecond = elapsed > 0 ? (completed / elapsed) * 1_000 : 0;
  const parts = completed > 0 && elapsed > 0 ? [`${perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`] : [];
  if (end === undefined && total !== undefined && completed > 0 && completed < total && perSecond > 0) parts.push(`ETA ${durationText(((total - completed) / perSecond) * 1_000)}`);
  if (end !== undefined) parts.push(end === 'done' ? `in ${durationText(elapsed)}` : `${end} after ${durationText(elapsed)}`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts;
}

/** `8.1s`, `42s`, `3m 05s`, `1h 02m`. */
export function durationText(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3_600)}h ${two(Math.floor((whole % 3_600) / 60))}m`;
}
