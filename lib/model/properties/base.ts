import { QubesLabelNotFoundError } from '../../base/admin-error.ts';
import type { Label } from '../label.ts';
import { parseText } from '../parse-value.ts';
import { property } from '../property.ts';
import type { Property } from '../property.ts';
import type { Qube } from '../qube.ts';
import { computed } from '../rows.ts';
import { name, qid, uuid } from './identity.ts';

export const label: Property<Qube, Label> = property(
  'label',
  (qube, untrusted) => {
    const asked = parseText(untrusted);
    const [, index] = /^label-([0-9]{1,9})$/.exec(asked) ?? [];
    if (index === undefined) return qube.system.label(asked);
    for (const one of qube.system.labels) if (one.index === Number(index)) return one;
    throw QubesLabelNotFoundError.of(index);
  },
  { name: 'label', doc: 'Colour of the frame around its windows: how far it is trusted.' },
);

const klass = computed<Qube, string>(
  'str',
  'klass',
  'Name of its class.',
  (qube) => qube.className,
);

/** How the icons of a class begin, unless something else about the qube matters more. */
const ICONS: Readonly<Record<string, string>> = {
  DispVM: 'dispvm',
  StandaloneVM: 'standalonevm',
  RemoteVM: 'remotevm',
};

export const icon = computed<Qube, string>(
  'str',
  'icon',
  'Name of its icon: what kind of qube it is, and its label.',
  (qube) => {
    const kind = qube.features.isOn('servicevm') ? 'servicevm' : ICONS[qube.className];
    return `${kind ?? 'appvm'}-${qube.get(label).name}`;
  },
);

/** What qubes of all classes have. */
export const BASE_PROPERTIES = [name, qid, uuid, label, klass, icon];
