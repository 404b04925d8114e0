/**
 * Reading Qubes OS backups as a library: open one, look what is in it, verify it, extract it.
 * `docs/examples/` shows it at work. Everything takes an `AbortSignal`, tells of its progress as
 * events, and throws errors of one tree; a run that was cancelled throws `CancelledError`.
 */
export type {
  Backup,
  Limits,
  Listener,
  OpenOptions,
  Outcome,
  Selection,
  WorkOptions,
} from './archive/api.ts';
export { openBackup, readInfo } from './archive/open-backup.ts';
export { type BackupSource, openFileSource, streamSource } from './archive/outer/source.ts';
export {
  CancelledError,
  DamagedError,
  type ErrorCode,
  type ErrorFacts,
  NeedsError,
  NotReadableError,
  QubesRpcError,
  UsageError,
  WrongPassphraseError,
} from './base/errors.ts';
export * from './base/report.ts';
