import type { Backup, OpenOptions } from '../archive/api.ts';
import type { BackupSource } from '../archive/outer/source.ts';
import type { HeaderReport } from '../base/report.ts';
import type { Output } from './output.ts';
import type { Terminal } from './open-terminal.ts';
import type { PlanRequest, RunRequest } from './restore/plan-request.ts';
import type { TargetSystem } from './restore/target-system.ts';
import type { Screen } from './screen.ts';

/** How a header is read without a passphrase. */
export type InfoOptions = Pick<OpenOptions, 'signal' | 'stallTimeout' | 'compressionFilter'>;

/** What the commands of qubes-restore reach the outside through. */
export interface RestoreDoors {
  /** Aborted when the run is to end early. */
  readonly signal: AbortSignal;
  readonly screen: Screen;
  /** Standard output: takes the bytes of `cat`. */
  readonly results: Output;
  readonly openSource: () => Promise<BackupSource>;
  /** Like `readInfo`, closes the source when it fails. */
  readonly openBackup: (source: BackupSource, options: OpenOptions) => Promise<Backup>;
  /** Closes the source. */
  readonly readInfo: (source: BackupSource, options: InfoOptions) => Promise<HeaderReport>;
  /** The system that is restored into. */
  readonly openTarget: (request: PlanRequest | RunRequest) => Promise<TargetSystem>;
  /** Where a person can be asked; undefined if there is none. */
  readonly openTerminal: () => Terminal | undefined;
  /** The passphrases to try on the archive of that name; may ask the person. */
  readonly passphrases: (archive: string) => Promise<readonly string[]>;
}
