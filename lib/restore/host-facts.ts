/** What of the system that is restored into decides what can be restored, and how. */
export interface HostFacts {
  /** By name. */
  readonly qubes: ReadonlyMap<string, HostQube>;
  /** Names. */
  readonly labels: ReadonlySet<string>;
  /** By name; empty where we may not see them. */
  readonly pools: ReadonlyMap<string, HostPool>;
  /** Names of the kernels in the host's pool for them; undefined where we may not see them. */
  readonly kernels: ReadonlySet<string> | undefined;
  /** Global properties: `default_template`, `default_netvm`, `default_kernel`, `default_pool_private`…; null: none. */
  readonly globals: ReadonlyMap<string, string | null>;
  /** The user whose home dom0's is restored into; undefined where no name can be compared. */
  readonly user: string | undefined;
  /** What a run that broke off has made: names in the backup, to names here. */
  readonly unfinished: ReadonlyMap<string, string>;
}

export interface HostQube {
  readonly name: string;
  readonly class: string;
  readonly providesNetwork: boolean;
  readonly templateForDispvms: boolean;
}

export interface HostPool {
  readonly name: string;
  readonly driver: string;
  /** Bytes; undefined where the pool does not tell. */
  readonly free: number | undefined;
}
