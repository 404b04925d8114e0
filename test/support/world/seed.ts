import { parseXml } from '../../../lib/base/xml/xml.ts';
import type { XmlElement } from '../../../lib/base/xml/xml.ts';
import { WorldDisk } from './disk.ts';
import { KERNEL } from './storage.ts';

/** A system before anything happens: its store, and its disk. */
export interface Seed {
  readonly store: XmlElement;
  readonly bytes: Buffer;
  readonly disk: WorldDisk;
}

/** A system of nothing but dom0. */
export function emptySeed(): Seed {
  return seedOf(
    Buffer.from(`<qubes>
      <pools>
        <pool name="varlibqubes" dir_path="/world" driver="file-reflink" revisions_to_keep="1"/>
        <pool name="linux-kernel" dir_path="/world/vm-kernels" driver="linux-kernel"/>
      </pools>
      <properties>
        <property name="default_kernel">${KERNEL}</property>
        <property name="default_pool_kernel">linux-kernel</property>
      </properties>
      <domains>
        <domain id="domain-0" class="AdminVM">
          <properties><property name="label">black</property></properties>
          <features/><tags/>
        </domain>
      </domains>
    </qubes>`),
    new WorldDisk(),
  );
}

export function seedOf(bytes: Buffer, disk: WorldDisk): Seed {
  return { store: parseXml(bytes, 'qubes.xml'), bytes, disk };
}
