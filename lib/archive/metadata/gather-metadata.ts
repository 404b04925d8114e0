import { printable } from '../../base/printable.ts';
import { contentError } from '../../base/content-error.ts';
import type { BackupMetadata, BackupQube } from './metadata.ts';

/**
 * Puts accepted parts together and checks what no part can know alone: every qube has one name,
 * one place in the backup and a known label; dom0 is dom0, and nothing else is.
 * @throws DamagedError, stage `content`, naming the qube
 */
export function gatherMetadata(
  file: string,
  qubes: readonly BackupQube[],
  { globals, labels, warnings }: Omit<BackupMetadata, 'qubes'>,
): BackupMetadata {
  const labelNames = new Set([...labels.values()].map(({ name }) => name));
  const byName = new Map<string, BackupQube>();
  const byPath = new Map<string, BackupQube>();
  for (const qube of qubes) {
    const refuse = (reason: string): never => {
      throw contentError(file, `qube "${qube.name}" ${reason}`);
    };
    const { path } = qube.backup;
    const isAdmin = qube.class === 'AdminVM';
    if (byName.has(qube.name)) refuse('stands there twice');
    if (isAdmin !== (qube.name === 'dom0')) refuse(`is said to be of class ${qube.class}`);
    if (!labelNames.has(qube.label)) refuse(`has the unknown label "${printable(qube.label, 60)}"`);
    if (path !== undefined) {
      const other = byPath.get(path);
      if (other !== undefined) refuse(`shares its place ${path} with "${other.name}"`);
      if (isAdmin !== path.startsWith('dom0-home/')) refuse(`cannot be at ${path}`);
      byPath.set(path, qube);
    }
    byName.set(qube.name, qube);
  }
  return { globals, labels, qubes: byName, warnings };
}
