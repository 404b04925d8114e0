import { QubesException } from '../base/admin-error.ts';
import { EmbeddedHypervisor } from './embedded-hypervisor.ts';

/**
 * The machine behind the store of Qubes OS, as far as it goes: there is no door to Xen, so nothing
 * runs, and nothing is made to look as if it did.
 */
export class WithoutXen extends EmbeddedHypervisor {
  override reserveMemory(): Promise<never> {
    return Promise.reject(
      new QubesException(
        'Cannot start qubes of Xen: this host has no way to them. qubesd has one.',
      ),
    );
  }
}
