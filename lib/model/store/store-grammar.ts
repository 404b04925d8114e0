import { ASSIGNMENT_MODES } from '../device-assignments.ts';
import { SYSTEM_PROPERTIES } from '../properties/system.ts';
import type { QubeClass } from '../qube.ts';
import { by, once, storePart } from './store-part.ts';
import type { StorePart } from './store-part.ts';

/** As much of a row as says whether the store holds its value. */
interface Stored {
  readonly saved: boolean;
  readonly readOnly: boolean;
}

/** Whether the store holds values of a row: not those that are computed or fixed. */
export function isStored({ saved, readOnly }: Stored): boolean {
  return saved && !readOnly;
}

const MODES: ReadonlySet<string> = new Set(ASSIGNMENT_MODES);

/** `<qubes>`: what the store says of the system. */
export const SYSTEM_PART = storePart([], {
  labels: once(storePart([], { label: by(storePart(['id', 'color']), 'id') })),
  pools: once(storePart([], { pool: by(storePart('all'), 'name', 'driver') })),
  properties: once(properties(SYSTEM_PROPERTIES)),
  // What is in a domain depends on its class.
  domains: once(
    storePart([], {
      domain: { accepts: () => true, keyOf: ({ attributes }) => attributes.get('id') ?? '' },
    }),
  ),
});

const NAMED = storePart(['name']);
const DEVICE = storePart(['backend-domain', 'id', 'mode', 'identity'], {
  option: by(NAMED, 'name'),
});

const DEVICES = storePart(['class'], {
  device: {
    part: DEVICE,
    // An assignment whose mode we do not know is none of ours.
    accepts: ({ attributes }) => MODES.has(attributes.get('mode') ?? 'required'),
    keyOf: ({ attributes }) =>
      ['backend-domain', 'id', 'identity'].map((name) => attributes.get(name) ?? '*').join(' '),
  },
});

const QUBE_PARTS = new Map<QubeClass, StorePart>();

/** `<domain>`: what the store says of a qube of some class. */
export function qubePart(klass: QubeClass): StorePart {
  const known = QUBE_PARTS.get(klass);
  if (known !== undefined) return known;
  const part = storePart(['id', 'class'], {
    properties: once(properties(klass.properties)),
    features: once(storePart([], { feature: by(NAMED, 'name') })),
    tags: once(storePart([], { tag: by(NAMED, 'name') })),
    devices: by(DEVICES, 'class'),
    'volume-config': once(storePart([], { volume: by(storePart('all'), 'name') })),
  });
  QUBE_PARTS.set(klass, part);
  return part;
}

function properties(table: { find(name: string): Stored | undefined }): StorePart {
  const named = by(storePart(['name', 'ref']), 'name');
  return storePart([], {
    property: {
      ...named,
      accepts: ({ attributes }) => {
        const row = table.find(attributes.get('name') ?? '');
        return row !== undefined && isStored(row);
      },
    },
  });
}
