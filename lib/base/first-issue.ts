import type { $ZodError } from 'zod/v4/core';

import { printable } from './printable.ts';

/** The first thing a schema found wrong, with its place; safe to show. */
export function firstIssue(error: $ZodError): string {
  const [issue] = error.issues;
  const place = (issue?.path ?? []).map((step) => `${String(step)} `).join('');
  return printable(`${place}${issue?.message ?? 'is not valid'}`);
}
