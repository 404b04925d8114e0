import type { z } from 'zod';
import { contentError } from '../../base/content-error.ts';
import { firstIssue } from '../../base/first-issue.ts';

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
