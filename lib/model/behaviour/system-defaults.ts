import { onSystem } from '../events.ts';
import type { Handler } from '../events.ts';
import {
  audiovm,
  defaultDispvm,
  managementDispvm,
  qrexecTimeout,
  shutdownTimeout,
} from '../properties/local.ts';
import { guivm } from '../properties/keyboard-layout.ts';
import { kernel } from '../properties/kernel.ts';
import type { Property, PropertyValue } from '../property.ts';
import { templateOf } from '../properties/template.ts';
import { Qube } from '../qube.ts';
import type { System } from '../qube.ts';
import { globalMax, isGlobalPreloadDistinct } from '../preload/preload-features.ts';
import { startLater } from './preload.ts';
import { requireKernel } from '../require-kernel.ts';

/** Rows whose default comes from the system by way of the template: templates tell theirs. */
const BY_TEMPLATE: readonly (readonly [global: string, row: Property<Qube>])[] = [
  ['default_kernel', kernel],
  ['default_qrexec_timeout', qrexecTimeout],
  ['default_shutdown_timeout', shutdownTimeout],
  ['management_dispvm', managementDispvm],
] as const;

/** A new default is news for the qubes that go by it. */
export const SYSTEM_DEFAULTS: readonly Handler<System>[] = [
  onSystem('property-pre-set:default_kernel', (system, { newvalue }) =>
    requireKernel(system, newvalue),
  ),
  ...helperDefault('default_guivm', guivm),
  ...helperDefault('default_audiovm', audiovm),
  ...onChange('default_dispvm', (system, { oldvalue }) => {
    for (const qube of followers(system, defaultDispvm)) {
      qube.fire('property-reset:default_dispvm', { name: defaultDispvm.name, ...given(oldvalue) });
    }
  }),
  // dom0 says how many wait of the default one: of another they are as many as it says itself.
  ...onChange('default_dispvm', (_, { newvalue, oldvalue }) => {
    if (newvalue === oldvalue) return;
    startIfDistinct(oldvalue, 'it was the default_dispvm');
    startIfDistinct(newvalue, 'it became the default_dispvm');
  }),
  ...BY_TEMPLATE.flatMap(([global, row]) =>
    onChange(global, (system, { newvalue, oldvalue }) => {
      if (newvalue === oldvalue) return;
      for (const qube of followers(system, row)) {
        if (templateOf(qube) !== undefined) continue;
        qube.fire(`property-reset:${row.name}`, { name: row.name });
      }
    }),
  ),
];

function startIfDistinct(template: PropertyValue | undefined, reason: string): void {
  if (!(template instanceof Qube) || globalMax(template) === undefined) return;
  if (isGlobalPreloadDistinct(template)) startLater(template, reason);
}

interface Change {
  readonly newvalue: PropertyValue;
  readonly oldvalue?: PropertyValue;
}

/** The default of the qube that shows windows or plays sound; its tags follow the announcement. */
function helperDefault(
  global: string,
  row: Property<Qube, Qube | null>,
): readonly Handler<System>[] {
  return onChange(global, (system, { newvalue, oldvalue }) => {
    for (const qube of followers(system, row)) {
      qube.fire(`property-set:${row.name}`, { name: row.name, newvalue, ...given(oldvalue) });
    }
  });
}

/** After a global property was set or reset: its new value and the one before. */
function onChange(
  global: string,
  tell: (system: System, change: Change) => void,
): readonly Handler<System>[] {
  return [
    onSystem<System, `property-set:${string}`>(`property-set:${global}`, tell),
    onSystem<System, `property-reset:${string}`>(`property-reset:${global}`, (system, before) =>
      tell(system, { ...before, newvalue: system.find(system.property(global)) ?? null }),
    ),
  ];
}

/** The qubes that have a property and have not set it. */
function* followers({ qubes }: System, row: Property<Qube>): Generator<Qube> {
  for (const qube of qubes) if (qube.has(row) && qube.isDefault(row)) yield qube;
}

function given(oldvalue: PropertyValue | undefined): { readonly oldvalue?: PropertyValue } {
  return oldvalue === undefined ? {} : { oldvalue };
}
