/** What a person decides about a restore, beyond the archive. The names are those of qvm-backup-restore. */
export interface RestoreOptions {
  /** Qubes by their names in the backup (`dom0` for its home); empty for all. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** What becomes of a name that is taken: it stops the run, the qube is left out, or renamed. */
  readonly conflicting: 'stop' | 'skip' | 'rename';
  /** New names that the person chose, by name in the backup. */
  readonly names?: ReadonlyMap<string, string>;
  /** Where a netvm is missing, the qube follows the host's default. */
  readonly useDefaultNetvm: boolean;
  /** Where a netvm is missing, and the default is not to be used: the qube has none. */
  readonly useNoneNetvm: boolean;
  /** Where a template is missing: the host's default. */
  readonly useDefaultTemplate: boolean;
  /** Where a kernel is missing: the host's default. */
  readonly useDefaultKernel: boolean;
  /** Qubes whose template or netvm is missing are left out (`--skip-broken`). */
  readonly skipBroken: boolean;
  readonly dom0Home: boolean;
  readonly ignoreUsernameMismatch: boolean;
  /** Pool for all volumes; undefined for the host's choice. */
  readonly overridePool: string | undefined;
  /** Lifts the comparison with the free space of pools, the only limit that metadata sets here. */
  readonly ignoreSizeLimit: boolean;
  /** A sandbox must not: the policy it runs under has no call for it. */
  readonly devices: boolean;
}
