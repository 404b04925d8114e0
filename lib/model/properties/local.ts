import { QubesPropertyValueError } from '../../base/admin-error.ts';
import { defaultBootmode } from '../boot-mode.ts';
import type { Property } from '../property.ts';
import type { Qube } from '../qube.ts';
import { requireDisposableTemplate } from '../require-disposable-template.ts';
import { bool, computed, int, optionalInt, positive, qubeOrNone, text } from '../rows.ts';
import { BASE_PROPERTIES } from './base.ts';
import { devicesDenied } from './devices-denied.ts';
import { fromTemplate } from './from-template.ts';
import { kernel, kernelopts } from './kernel.ts';
import { guivm, keyboardLayout } from './keyboard-layout.ts';
import { maxmem, memory, stubdomMem, virtMode } from './memory.ts';
import {
  defaultAudiovm,
  defaultDispvm as systemDispvm,
  defaultQrexecTimeout,
  defaultShutdownTimeout,
  managementDispvm as systemManagementDispvm,
} from './system.ts';
import { templateOf } from './template.ts';

const USER_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+,.';
const NOT_RUNNING = -1;

export const bootmode = text<Qube>({
  name: 'bootmode',
  stage: 4,
  doc: 'Boot mode the qube starts in. Default: its feature boot-mode.active, else that of its template for such qubes, else default.',
  defaultOf: defaultBootmode,
});

export const audiovm = qubeOrNone<Qube>({
  name: 'audiovm',
  stage: 4,
  doc: 'Qube that plays its sound. Default: default_audiovm of the system.',
  defaultOf: ({ system }) => system.find(defaultAudiovm),
});

export const installedByRpm = bool<Qube>({
  name: 'installed_by_rpm',
  doc: 'Whether its package in dom0 owns it; such a qube is removed by removing the package.',
  default: false,
});

export const vcpus: Property<Qube, number> = int<Qube>({
  name: 'vcpus',
  doc: 'Its virtual processors. Default: as its template, else 2.',
  defaultOf: fromTemplate(
    () => vcpus,
    () => 2,
  ),
  check: positive('vcpus'),
});

export const debug = bool<Qube>({
  name: 'debug',
  doc: 'Whether it starts with aids for finding faults.',
  default: false,
});

export const defaultUser: Property<Qube, string> = text<Qube>({
  name: 'default_user',
  doc: 'User that programs run as. Default: as its template, else user.',
  defaultOf: fromTemplate(
    () => defaultUser,
    () => 'user',
  ),
  check: (_, value) => {
    if (/^[a-zA-Z0-9_+,.-]*$/.test(value)) return value;
    throw new QubesPropertyValueError(
      `Username can contain only those characters: ${USER_CHARACTERS}`,
    );
  },
});

export const qrexecTimeout: Property<Qube, number> = int<Qube>({
  name: 'qrexec_timeout',
  doc: 'Seconds it has to start and answer. Default: as its template, else default_qrexec_timeout of the system.',
  defaultOf: fromTemplate(
    () => qrexecTimeout,
    ({ system }) => system.find(defaultQrexecTimeout),
  ),
  check: positive('qrexec_timeout'),
});

export const shutdownTimeout: Property<Qube, number> = int<Qube>({
  name: 'shutdown_timeout',
  doc: 'Seconds it has to shut down. Default: as its template, else default_shutdown_timeout of the system.',
  defaultOf: fromTemplate(
    () => shutdownTimeout,
    ({ system }) => system.find(defaultShutdownTimeout),
  ),
  check: positive('shutdown_timeout'),
});

export const autostart = bool<Qube>({
  name: 'autostart',
  doc: 'Whether it starts together with the machine.',
  default: false,
});

export const includeInBackups = bool<Qube>({
  name: 'include_in_backups',
  doc: 'Whether a backup takes it unless told otherwise.',
  default: true,
});

const backupTimestamp = optionalInt<Qube>({
  name: 'backup_timestamp',
  doc: 'When it was last backed up, in seconds since 1970.',
  default: null,
});

export const defaultDispvm = qubeOrNone<Qube>({
  name: 'default_dispvm',
  stage: 4,
  doc: 'Template of the disposables it calls. Default: default_dispvm of the system.',
  defaultOf: ({ system }) => system.find(systemDispvm),
  check: (qube, value) => requireDisposableTemplate(value, 'default_dispvm', asTarget(qube)),
});

export const managementDispvm: Property<Qube, Qube | null> = qubeOrNone<Qube>({
  name: 'management_dispvm',
  stage: 4,
  doc: 'Template of the disposables that manage it. Default: as its template, else management_dispvm of the system.',
  defaultOf: fromTemplate(
    () => managementDispvm,
    ({ system }) => system.find(systemManagementDispvm),
  ),
  check: (qube, value) => requireDisposableTemplate(value, 'management_dispvm', asTarget(qube)),
});

export const updateable = {
  ...computed<Qube, boolean>(
    'bool',
    'updateable',
    'Whether updates are installed in it: a qube with a template gets them from there.',
    (qube) => templateOf(qube) === undefined,
  ),
  saved: true,
};

const xid = computed<Qube, number>(
  'int',
  'xid',
  'Number of its running domain, -1 when it does not run.',
  ({ system, uuid }) => system.hypervisor.domain(uuid).xid,
);

const startTime = computed<Qube, string | null>(
  'str',
  'start_time',
  'When it was started, in seconds since 1970.',
  ({ system, uuid }) => {
    const seconds = system.hypervisor.domain(uuid).startTime;
    if (seconds === undefined) return null;
    return Number.isInteger(seconds) ? seconds.toFixed(1) : String(seconds);
  },
);

const stubdomXid = computed<Qube, number>(
  'int',
  'stubdom_xid',
  'Number of the domain of its device model, -1 when there is none.',
  () => NOT_RUNNING,
);

const stubdomUuid = computed<Qube, string>(
  'str',
  'stubdom_uuid',
  'UUID of the domain of its device model.',
  () => '',
);

/** What all qubes on this machine have, dom0 excepted. */
export const LOCAL_PROPERTIES = [
  ...BASE_PROPERTIES,
  bootmode,
  guivm,
  audiovm,
  virtMode,
  installedByRpm,
  memory,
  maxmem,
  stubdomMem,
  vcpus,
  kernel,
  kernelopts,
  debug,
  defaultUser,
  qrexecTimeout,
  shutdownTimeout,
  autostart,
  includeInBackups,
  backupTimestamp,
  defaultDispvm,
  managementDispvm,
  updateable,
  devicesDenied,
  keyboardLayout,
  xid,
  startTime,
  stubdomXid,
  stubdomUuid,
];

function asTarget(qube: Qube): string {
  return `qube '${qube.name}'`;
}
