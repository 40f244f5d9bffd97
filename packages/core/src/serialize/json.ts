/** What `JSON.stringify` writes and `JSON.parse` reads, and nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
