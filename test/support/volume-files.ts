import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { parseXml, select } from '../../lib/base/xml/xml.ts';

/**
 * Makes what the qubes of a store have on disk in the pool `varlibqubes`: their folders, and images
 * of the volumes that are saved, all holes.
 * @param root folder of the pool
 */
export async function makeVolumeFiles(root: string, store: string): Promise<void> {
  const volumes = select(
    parseXml(Buffer.from(store), 'qubes.xml'),
    'domains',
    'domain',
    'volume-config',
    'volume',
  );
  for (const { attributes } of volumes) {
    if (attributes.get('pool') !== 'varlibqubes') continue;
    const path = join(root, `${attributes.get('vid') ?? ''}.img`);
    await mkdir(dirname(path), { recursive: true });
    if (attributes.get('save_on_stop') !== 'True') continue;
    const file = await open(path, 'w', 0o600);
    await file.truncate(Number(attributes.get('size')));
    await file.close();
  }
}
