import { join } from 'node:path';

/** Path of a real archive, by its name without ending. */
export function fixture(name: string): string {
  return join(import.meta.dirname, '..', 'fixtures', 'backups', `${name}.qubes-backup`);
}

export const FIXTURES = ['v4-gzip', 'v4-multichunk', 'v4-zstd'] as const;
