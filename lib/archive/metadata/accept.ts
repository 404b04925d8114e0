import type { z } from 'zod';
import { printable } from '../../base/printable.ts';
import { contentError } from '../../base/content-error.ts';

/**
 * What a schema makes of a candidate read from a file of a backup.
 * @param what the thing in words, for the message: `qube "work"`
 * @throws DamagedError, stage `content`, that names the file, the thing and what is wrong with it
 */
export function accept<T>(schema: z.ZodType<T>, candidate: unknown, file: string, what: string): T {
  const result = schema.safeParse(candidate);
  if (result.success) return result.data;
  throw contentError(file, `${what}: ${firstIssue(result.error)}`, result.error);
}

/** The first thing a schema found wrong, with its place; safe to show. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const place = (issue?.path ?? []).map((step) => `${String(step)} `).join('');
  return printable(`${place}${issue?.message ?? 'is not valid'}`);
}
