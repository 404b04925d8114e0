import { QubesPropertyValueError } from '../../base/admin-error.ts';
import { bool, computed, int, positive, qubeOrNone } from '../rows.ts';
import { PropertyTable, property } from '../property.ts';
import type { Property, PropertySpec } from '../property.ts';
import type { System } from '../qube.ts';
import { parseText } from '../parse-value.ts';
import { requireDisposableTemplate } from '../require-disposable-template.ts';

const stage = 3;

export const defaultGuivm = qubeOrNone<System>({
  name: 'default_guivm',
  stage,
  doc: 'Qube that shows the windows of qubes which name no other. Default: dom0.',
  defaultOf: ({ qubes }) => qubes.admin,
});

export const defaultAudiovm = qubeOrNone<System>({
  name: 'default_audiovm',
  stage,
  doc: 'Qube that plays the sound of qubes which name no other. Default: dom0.',
  defaultOf: ({ qubes }) => qubes.admin,
});

/** Its rule about loops is with the network's part of the model, which judges before the fact. */
export const defaultNetvm = qubeOrNone<System>({
  name: 'default_netvm',
  stage,
  doc: 'Qube that connects the qubes which name no other to the network. None at first: such qubes are offline.',
  default: null,
});

export const defaultTemplate = qubeOrNone<System>({
  name: 'default_template',
  stage,
  of: 'TemplateVM',
  doc: 'Template of new qubes for which none is named.',
});

export const updatevm = qubeOrNone<System>({
  name: 'updatevm',
  stage,
  doc: 'Qube through which dom0 gets its updates.',
  default: null,
});

export const clockvm = qubeOrNone<System>({
  name: 'clockvm',
  stage,
  doc: 'Qube from which dom0 gets the time.',
  default: null,
});

export const defaultKernel: Property<System, string> = property(
  'str',
  (_, untrusted) => parseText(untrusted),
  {
    name: 'default_kernel',
    stage,
    doc: 'Kernel of qubes which name no other; empty for their own.',
  },
);

export const defaultDispvm = qubeOrNone<System>({
  name: 'default_dispvm',
  stage,
  doc: 'Template of the disposables for qubes which name no other.',
  default: null,
  check: (_, value) => requireDisposableTemplate(value, 'default_dispvm', 'system'),
});

export const managementDispvm = qubeOrNone<System>({
  name: 'management_dispvm',
  stage,
  doc: 'Template of the disposables that manage qubes which name no other.',
  default: null,
  check: (_, value) => requireDisposableTemplate(value, 'management_dispvm', 'system'),
});

function pool(spec: PropertySpec<System, string>): Property<System, string> {
  return property(
    'str',
    (system, untrusted) => {
      const named = parseText(untrusted);
      if (system.pool(named) !== undefined) return named;
      throw new QubesPropertyValueError('No such storage pool');
    },
    { stage, ...spec },
  );
}

export const defaultPool = pool({
  name: 'default_pool',
  doc: 'Pool of new volumes. Default: the pool "default", else the file pool in the folder of the qubes.',
  defaultOf: (system) => {
    if (system.pool('default') !== undefined) return 'default';
    for (const { name, driver, config } of system.pools) {
      const isFile = driver === 'file' || driver === 'file-reflink';
      if (isFile && config.get('dir_path') === system.storage.folder) return name;
    }
    return undefined;
  },
});

function poolOf(volume: 'private' | 'root' | 'volatile' | 'kernel'): Property<System, string> {
  return pool({
    name: `default_pool_${volume}`,
    doc: `Pool of new ${volume} volumes. Default: default_pool.`,
    defaultOf: (system) => system.find(defaultPool),
  });
}

/** By the name of the volume. */
export const defaultPools = {
  private: poolOf('private'),
  root: poolOf('root'),
  volatile: poolOf('volatile'),
  kernel: poolOf('kernel'),
} as const;

export const defaultQrexecTimeout = int<System>({
  name: 'default_qrexec_timeout',
  stage,
  doc: 'Seconds a qube has to start, where the qube names no other number.',
  default: 60,
});

export const defaultShutdownTimeout = int<System>({
  name: 'default_shutdown_timeout',
  stage,
  doc: 'Seconds a qube has to shut down, where the qube names no other number.',
  default: 60,
});

export const statsInterval = int<System>({
  name: 'stats_interval',
  stage,
  doc: 'Seconds between two reports of memory and processor use.',
  default: 3,
  check: positive('stats_interval'),
});

export const checkUpdatesVm = bool<System>({
  name: 'check_updates_vm',
  stage,
  doc: 'Whether new qubes look for updates.',
  default: true,
});

const maxmem = computed<System, number>(
  'int',
  'maxmem',
  'Memory of the machine, in MiB.',
  (system) => Math.floor(system.hypervisor.host.memoryKiB / 1024),
);

const cpus = computed<System, number>(
  'int',
  'no_cpus',
  'Processors of the machine.',
  (system) => system.hypervisor.host.cpus,
);

/** The properties of the system as a whole. */
export const SYSTEM_PROPERTIES = new PropertyTable<System>([
  defaultGuivm,
  defaultAudiovm,
  defaultNetvm,
  defaultTemplate,
  updatevm,
  clockvm,
  defaultKernel,
  defaultDispvm,
  managementDispvm,
  defaultPool,
  ...Object.values(defaultPools),
  defaultQrexecTimeout,
  defaultShutdownTimeout,
  statsInterval,
  checkUpdatesVm,
  { ...maxmem, stage, saved: true },
  { ...cpus, stage, saved: true },
]);
