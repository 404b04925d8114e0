import type * as z from 'zod/mini';

import { UsageError } from './errors.ts';

/**
 * What a schema makes of an untrusted value.
 * @throws UsageError with the schema's own words when it refuses it
 */
export function accept<Value>(schema: z.ZodMiniType<Value>, untrusted: unknown): Value {
  const parsed = schema.safeParse(untrusted);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues[0]?.message ?? 'Invalid input');
}
