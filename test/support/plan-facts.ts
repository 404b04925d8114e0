import type { BackupDevice, BackupQube } from '../../lib/archive/metadata/metadata.ts';
import type { HostFacts, HostQube } from '../../lib/restore/host-facts.ts';
import type { PlannedBackup } from '../../lib/restore/make-plan.ts';
import type { RestoreOptions } from '../../lib/restore/restore-options.ts';

/** A qube of a backup, as a test says it. */
export interface QubeSketch {
  readonly name: string;
  /** `AppVM` by default. */
  readonly class?: string;
  /** Undefined for that of the class by default: `debian` for an AppVM, none for others. */
  readonly template?: string | null;
  readonly label?: string;
  readonly properties?: Readonly<Record<string, string | null>>;
  readonly features?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly devices?: readonly BackupDevice[];
  /** Sizes by name. */
  readonly volumes?: Readonly<Record<string, number>>;
  readonly size?: number;
  /** False: the backup only mentions it. */
  readonly included?: boolean;
  readonly path?: string;
}

/** A backup with those qubes. */
export function backupOf(...sketches: readonly QubeSketch[]): PlannedBackup {
  const qubes = new Map(sketches.map((sketch, at) => [sketch.name, backupQube(sketch, at + 1)]));
  return {
    identity: 'this-backup',
    metadata: { globals: new Map(), labels: new Map(), qubes, warnings: [] },
  };
}

function backupQube(sketch: QubeSketch, number: number): BackupQube {
  const { name, class: className = 'AppVM', included = true, size = 0, volumes = {} } = sketch;
  const template = className === 'AppVM' ? 'debian' : null;
  return {
    name,
    class: className,
    label: sketch.label ?? 'red',
    template: sketch.template === undefined ? template : sketch.template,
    properties: new Map(Object.entries(sketch.properties ?? {})),
    features: new Map(Object.entries(sketch.features ?? {})),
    tags: new Set(sketch.tags),
    devices: sketch.devices ?? [],
    volumes: new Map(
      Object.entries(volumes).map(([volume, bytes]) => [
        volume,
        { name: volume, size: bytes, saveOnStop: true, snapOnStart: false, rw: true },
      ]),
    ),
    backup: {
      included,
      size,
      wholeFolder: false,
      ...(included && { path: sketch.path ?? `vm${number}` }),
    },
  };
}

/** dom0 in a backup, with the home of that user. */
export function homeOf(user: string): QubeSketch {
  return { name: 'dom0', class: 'AdminVM', size: 100, path: `dom0-home/${user}` };
}

/** A qube of the host, as a test says it: `NAME`, or `NAME:CLASS` and what it is for. */
export function hostOf(
  names: readonly string[] = [],
  facts: Partial<Omit<HostFacts, 'qubes'>> = {},
): HostFacts {
  const all: readonly HostQube[] = ['dom0:AdminVM', ...names].map((text) => {
    const [name = '', className = 'AppVM', ...roles] = text.split(':');
    return {
      name,
      class: className,
      providesNetwork: roles.includes('network'),
      templateForDispvms: roles.includes('disposables'),
    };
  });
  return {
    qubes: new Map(all.map((qube) => [qube.name, qube])),
    labels: new Set(['red', 'blue']),
    pools: new Map([['main', { name: 'main', driver: 'file-reflink', free: 1000 }]]),
    kernels: new Set(['6.1']),
    globals: new Map([
      ['default_template', 'debian'],
      ['default_dispvm', null],
      ['default_pool_private', 'main'],
      ['default_pool_root', 'main'],
    ]),
    user: 'user',
    unfinished: new Map(),
    ...facts,
  };
}

/** The reference's command without options. */
export const STRICT: RestoreOptions = {
  include: [],
  exclude: [],
  conflicting: 'stop',
  useDefaultNetvm: false,
  useNoneNetvm: false,
  useDefaultTemplate: false,
  useDefaultKernel: true,
  skipBroken: false,
  dom0Home: true,
  ignoreUsernameMismatch: false,
  overridePool: undefined,
  ignoreSizeLimit: false,
  devices: true,
};
