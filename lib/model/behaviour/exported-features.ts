import { createHash } from 'node:crypto';

import { onAction, onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { MAX_KEY, MAX_VALUE } from './feature-rules.ts';
import { maxmem } from '../properties/memory.ts';
import type { Qube } from '../qube.ts';
import { withQubesDb, writeLater } from '../qubesdb-of.ts';

/** An entry of the database of a qube; without a value where there is to be none. */
type Entry = readonly [path: string, value: string | undefined];

const SERVICE = 'service.';
const APP_DISPVM = 'service.app-dispvm.';
/** QubesDB takes no longer names; those of applications go by their hash as well. */
const MAX_SERVICE = 48;
const MEMINFO_WRITER = '/qubes-service/meminfo-writer';

/** Features that agents of old releases know as services. */
const OLD_SERVICES: Readonly<Record<string, string>> = {
  'service.ntpd': 'ntpd',
  'check-updates': 'qubes-update-check',
  dvm: 'qubes-dvm',
  'updates-proxy-setup': 'yum-proxy-setup',
};

/**
 * Features that a running qube finds in its database: services, its own configuration, and what is
 * to outlive its shutdown. A change reaches it while it runs.
 */
export const EXPORTED_FEATURES: readonly Handler<Qube>[] = [
  onAction('domain-qdb-create', async (qube) => {
    await withQubesDb(qube, async (database) => {
      for (const [path, text] of allEntries(qube)) {
        if (text === undefined) continue;
        if (fitsDatabase(path, text)) await database.write(path, text);
        else qube.system.log.warn(`${qube.name}: too long for its database: ${path}`);
      }
      await database.write(MEMINFO_WRITER, printSwitch(qube.get(maxmem) > 0));
    });
  }),
  onQube('domain-feature-set:*', (qube, { feature, value }) => {
    for (const [path, text] of entriesOf(feature, value)) writeLater(qube, path, text);
  }),
  onQube('domain-feature-delete:*', (qube, { feature }) => {
    for (const [path] of entriesOf(feature, '')) writeLater(qube, path, undefined);
  }),
];

function allEntries({ features }: Qube): readonly Entry[] {
  return [...features].flatMap(([feature, value]) => [
    ...oldEntries(feature, value),
    ...entriesOf(feature, value),
  ]);
}

/** A store may have features from before there were rules for them. */
function fitsDatabase(path: string, value: string): boolean {
  return path.length <= MAX_KEY && value.length <= MAX_VALUE;
}

function entriesOf(feature: string, value: string): readonly Entry[] {
  if (feature.startsWith(SERVICE)) return serviceEntries(feature, value);
  for (const prefix of ['vm-config.', 'custom-persist.']) {
    if (feature.startsWith(prefix)) {
      const folder = prefix === 'vm-config.' ? '/vm-config/' : '/persist/';
      return [[folder + feature.slice(prefix.length), value]];
    }
  }
  return [];
}

/** What the memory of a qube does is said by its property `maxmem` alone. */
function serviceEntries(feature: string, value: string): readonly Entry[] {
  const path = `/qubes-service/${feature.slice(SERVICE.length)}`;
  if (path === MEMINFO_WRITER) return [];
  const isShort = feature.length - SERVICE.length <= MAX_SERVICE;
  return [
    ...(feature.startsWith(APP_DISPVM) ? [applicationEntry(feature, value)] : []),
    ...(isShort ? [[path, printSwitch(value !== '')] as const] : []),
  ];
}

function applicationEntry(feature: string, value: string): Entry {
  const application = feature.slice(APP_DISPVM.length);
  const hash = createHash('sha256').update(application).digest('base64url');
  return [`/hash-app-dispvm/${hash}`, value === '' ? undefined : application];
}

function oldEntries(feature: string, value: string): readonly Entry[] {
  const service = OLD_SERVICES[feature];
  return service === undefined ? [] : [[`/qubes-service/${service}`, printSwitch(value !== '')]];
}

function printSwitch(isOn: boolean): string {
  return isOn ? '1' : '0';
}
