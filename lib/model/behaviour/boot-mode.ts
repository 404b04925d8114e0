import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { appvmDefaultBootmode } from '../properties/appvm-default-bootmode.ts';
import { bootmode } from '../properties/local.ts';
import { withTemplates } from '../properties/template.ts';
import type { Qube } from '../qube.ts';

/** A qube may ask for another boot mode by its feature. */
export const BOOT_MODE: readonly Handler<Qube>[] = [
  onQube('domain-feature-set:boot-mode.active', (qube, { value, oldvalue }) => {
    if (value !== oldvalue) announceBootMode(qube);
  }),
  onQube('domain-feature-delete:boot-mode.active', announceBootMode),
];

/** A template may ask for the boot mode of the qubes based on it. */
export const BOOT_MODE_OF_TEMPLATE: readonly Handler<Qube>[] = [
  onQube('domain-feature-set:boot-mode.appvm-default', (qube, { value, oldvalue }) => {
    if (value !== oldvalue) announceDefault(qube);
  }),
  onQube('domain-feature-delete:boot-mode.appvm-default', announceDefault),
  onQube('property-set:appvm_default_bootmode', (qube, { newvalue, oldvalue }) => {
    if (newvalue !== oldvalue) announceToBased(qube);
  }),
  onQube('property-reset:appvm_default_bootmode', announceToBased),
];

function announceDefault(template: Qube): void {
  if (!template.isDefault(appvmDefaultBootmode)) return;
  const { name } = appvmDefaultBootmode;
  template.fire('property-reset:appvm_default_bootmode', { name });
}

function announceToBased(template: Qube): void {
  for (const qube of template.system.qubes) {
    if (qube !== template && [...withTemplates(qube)].includes(template)) announceBootMode(qube);
  }
}

function announceBootMode(qube: Qube): void {
  if (qube.isDefault(bootmode)) qube.fire('property-reset:bootmode', { name: bootmode.name });
}
