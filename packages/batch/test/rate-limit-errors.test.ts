import { adaptiveThrottle, createLimiter, isRateLimit, RateLimitError, throttle } from '@flowmodel/batch';
import { compose, DefinitionRegistry, FlowError, flowModel, retry } from '@flowmodel/core';
import { virtualClock } from '@flowmodel/core/testing';
import { describe, expect, test } from 'vitest';

describe('TH15 what says "too many requests"', () => {
  test.for([
    ['our own error', new RateLimitError()],
    ['status 429', { status: 429 }],
    ['statusCode 429', { statusCode: 429 }],
    ['status 429 of a response', { response: { status: 429 } }],
    ['a code', Object.assign(new Error('x'), { code: 'rate_limit_exceeded' })],
    ['a cause that says so', new Error('fetch failed', { cause: { status: 429 } })],
    ['the last of several attempts', new AggregateError([], 'all failed', { cause: new RateLimitError() })],
    ...['HTTP 429', 'Rate limit reached', 'rate_limit', 'Too Many Requests', 'Quota exceeded', 'request was throttled'].map((text) => [`the words "${text}"`, new Error(text)] as const),
  ])('%s', ([, error]) => expect(isRateLimit(error)).toBe(true));

  test.for([
    ['other words', new Error('Connection timeout')],
    ['other words', new Error('Invalid API key')],
    ['(Defect) a number that only begins like one', new Error('user 4290 not found')],
    ['another status, whatever the words', Object.assign(new Error('throttle valve stuck'), { status: 500 })],
    ['an error of the engine that speaks of throttles', new FlowError('CYCLE', 'leaf: throttle would have it wait for a place that it holds itself.')],
    ['a string', '429'],
    ['nothing', undefined],
  ])('not: %s', ([, error]) => expect(isRateLimit(error)).toBe(false));

  test('(Defect) a class named RateLimitError with other words is one', () => {
    class Other extends Error {
      override readonly name = 'RateLimitError';
    }
    expect(isRateLimit(new Other('slow down'))).toBe(true);
  });
});

test('what costs more than a whole window is too large, not too many: a retry of refused requests leaves it, an adaptive level stays', async () => {
  let tries = 0;
  const cost = (): number => (tries++, 11);
  const adaptive = adaptiveThrottle({ initial: 8 });
  const evaluator = compose(adaptive, retry({ attempts: 5, when: isRateLimit }), throttle({ rate: { limit: 10, interval: '1m' }, cost }));
  const model = flowModel({ name: 'large', definitions: new DefinitionRegistry(), inputs: {}, evaluator }, () => 1)();
  await expect(model.flow.compute()).rejects.toMatchObject({ code: 'RATE_LIMIT' });
  expect([tries, adaptive.stats().limit]).toEqual([1, 8]);
});

test('TH32 RateLimitError carries seconds and a cause, and is a FlowError', () => {
  const cause = new Error('cause');
  const error = new RateLimitError('busy', { retryAfter: 2, cause });
  expect(error).toBeInstanceOf(FlowError);
  expect(error).toMatchObject({ name: 'RateLimitError', code: 'RATE_LIMIT', message: 'busy', retryAfter: 2, cause });
  expect(new RateLimitError().retryAfter).toBeUndefined();
});

/** How long a limiter lets nobody in after an error. */
async function pauseAfter(error: unknown): Promise<number> {
  const clock = virtualClock();
  const limiter = createLimiter({ clock });
  await expect(limiter.run(() => { throw error; })).rejects.toBe(error);
  const next = limiter.run(() => clock.now());
  await clock.runAll();
  return next;
}

describe('retryAfter', () => {
  const with429 = (more: object): object => ({ status: 429, ...more });
  test.for<[string, unknown, number]>([
    ['of the error', new RateLimitError('x', { retryAfter: 1.5 }), 1_500],
    ['of headers, in any case', with429({ headers: { 'retry-after': '2' } }), 2_000],
    ['of headers, in any case', with429({ headers: { 'Retry-After': 2 } }), 2_000],
    ['of fetch headers', with429({ headers: new Headers({ 'Retry-After': '4' }) }), 4_000],
    ['under response', { response: { status: 429, headers: new Headers({ 'Retry-After': '5' }) } }, 5_000],
    ['in milliseconds', with429({ headers: { 'retry-after-ms': '250' } }), 250],
    ['in seconds, where the milliseconds are empty', with429({ headers: { 'retry-after-ms': '', 'Retry-After': '2' } }), 2_000],
    ['of a cause', new Error('failed', { cause: new RateLimitError('x', { retryAfter: 3 }) }), 3_000],
    ['of a response', RateLimitError.from(new Response('', { status: 429, headers: { 'Retry-After': '6' } })), 6_000],
    ['nowhere', new RateLimitError('x'), 0],
    ['nonsense', with429({ headers: { 'Retry-After': 'soon' } }), 0],
    ['empty', with429({ headers: { 'Retry-After': '' } }), 0],
    ['negative', with429({ headers: { 'Retry-After': '-5' } }), 0],
    ['endless', new RateLimitError('x', { retryAfter: Infinity }), 0],
    ['endless, of headers', with429({ headers: { 'Retry-After': 'Infinity' } }), 0],
    ['no number', new RateLimitError('x', { retryAfter: Number.NaN }), 0],
    ['a date that is past', with429({ headers: { 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' } }), 0],
    ['of an error that is no rate limit', { status: 503, headers: { 'Retry-After': '9' } }, 0],
  ])('%s', async ([, error, ms]) => expect(await pauseAfter(error)).toBe(ms));

  test('a date that is past is none to wait for', () => {
    expect(RateLimitError.from(new Response('', { status: 429, headers: { 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' } })).retryAfter).toBe(0);
  });

  test('a date counts from now', async () => {
    const ms = await pauseAfter(with429({ headers: { 'Retry-After': new Date(Date.now() + 3_600_000).toUTCString() } }));
    expect(ms).toBeGreaterThan(3_500_000);
    expect(ms).toBeLessThanOrEqual(3_600_000);
  });
});
