/** What goes wrong with limits, and how a provider says "too many". */
import { FlowError } from '@flowmodel/core';

export interface RateLimitErrorOptions {
  /** Seconds after which the provider wants to be asked again. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A provider said "too many requests". Bodies throw it; throttles hear it. Errors of other libraries with `status` 429 mean the same to them.
 *
 * @example
 * ```ts
 * const error = new RateLimitError('busy', { retryAfter: 2 });
 * console.log(error.code, error.retryAfter); // RATE_LIMIT 2
 * ```
 */
export class RateLimitError extends FlowError<'RATE_LIMIT'> {
  override readonly name = 'RateLimitError';
  /** Seconds, if the provider said. */
  readonly retryAfter: number | undefined;

  constructor(message = 'The rate limit was hit.', { retryAfter, cause }: RateLimitErrorOptions = {}) {
    super('RATE_LIMIT', message, { cause, details: retryAfter === undefined ? {} : { retryAfter } });
    this.retryAfter = retryAfter;
  }

  /**
   * The error for a response of `fetch`, with its Retry-After header.
   *
   * @example
   * ```ts
   * const response = new Response('busy', { status: 429, headers: { 'Retry-After': '3' } });
   * if (response.status === 429) console.log(RateLimitError.from(response).retryAfter); // 3
   * ```
   */
  static from(response: { readonly status: number; readonly headers?: unknown }): RateLimitError {
    return new RateLimitError(`The server answered ${response.status}.`, { retryAfter: retryAfterIn(response.headers) });
  }
}

type Loose = { readonly [Key in 'status' | 'statusCode' | 'code' | 'name' | 'message' | 'response' | 'cause' | 'headers' | 'retryAfter']?: unknown };

/** Errors hold their causes, and these theirs; nobody nests them deeper. */
const DEEPEST = 5;

function* causesOf(error: unknown): Iterable<Loose> {
  let at = error;
  for (let depth = 0; depth < DEEPEST && typeof at === 'object' && at !== null; depth++) {
    yield at;
    at = (at as Loose).cause;
  }
}

const WORDS = /(?:^|[^\w])429(?:$|[^\w])|rate.?limit|too many requests|quota exceeded|throttl/i;
const CODES = new Set<unknown>(['RATE_LIMIT', 'rate_limit', 'rate_limit_error', 'rate_limit_exceeded', '429']);

/**
 * Whether an error, or one of its causes, says "too many requests": by `RateLimitError`, status 429, a code of that meaning, or, failing these, by its words.
 * Errors of the engine itself do not, nor does the refusal of what costs more than a whole window: to try these again helps nobody.
 *
 * @example
 * ```ts
 * console.log(isRateLimit({ status: 429 }), isRateLimit(new Error('user 4290 not found'))); // true false
 * ```
 */
export function isRateLimit(error: unknown): boolean {
  for (const one of causesOf(error)) {
    if (one instanceof FlowError) {
      if (one.name === 'RateLimitError') return true;
      continue; // what the engine and its limits say of themselves is no provider's word
    }
    const status = statusOf(one);
    if (status === 429 || CODES.has(one.code) || one.name === 'RateLimitError') return true;
    if (status === undefined && typeof one.message === 'string' && WORDS.test(one.message)) return true;
  }
  return false;
}

function statusOf({ status, statusCode, response }: Loose): unknown {
  return status ?? statusCode ?? (typeof response === 'object' && response !== null ? (response as Loose).status : undefined);
}

/** Milliseconds after which the provider wants to be asked again, if an error or one of its causes says. */
export function retryAfterOf(error: unknown): number | undefined {
  for (const one of causesOf(error)) {
    const response = typeof one.response === 'object' && one.response !== null ? (one.response as Loose) : undefined;
    const seconds = typeof one.retryAfter === 'number' ? one.retryAfter : (retryAfterIn(one.headers) ?? retryAfterIn(response?.headers));
    if (seconds !== undefined && seconds >= 0 && seconds < Infinity) return seconds * 1_000;
  }
  return undefined;
}

/** Seconds. A date counts from now by the system's calendar, which is what the server meant. */
function retryAfterIn(headers: unknown): number | undefined {
  const ms = headerIn(headers, 'retry-after-ms')?.trim() ?? '';
  if (ms !== '' && Number(ms) >= 0) return Number(ms) / 1_000;
  const text = headerIn(headers, 'retry-after');
  if (text === undefined || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (!Number.isNaN(seconds)) return seconds >= 0 ? seconds : undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1_000);
}

function headerIn(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (typeof (headers as Partial<Headers>).get === 'function') return (headers as Headers).get(name) ?? undefined;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] as unknown;
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}
