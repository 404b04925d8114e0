import { dirname } from 'node:path';

import { parseXml, select } from '../../lib/base/xml/xml.ts';
import { PreloadWorld } from './preload-world.ts';
import { sessionStore } from './recorded-session.ts';
import { WorldDisk } from './world/disk.ts';
import { seedOf } from './world/seed.ts';

const POOL = 'varlibqubes';

/** The system of the recorded session as a world in memory, with all that its volumes save. */
export function recordedWorld(): PreloadWorld {
  const bytes = Buffer.from(sessionStore('start'));
  const store = parseXml(bytes, 'qubes.xml');
  const disk = new WorldDisk();
  for (const { attributes } of select(store, 'domains', 'domain', 'volume-config', 'volume')) {
    if (attributes.get('pool') !== POOL) continue;
    const vid = attributes.get('vid') ?? '';
    disk.folders.set(dirname(vid), new Map());
    if (attributes.get('save_on_stop') !== 'True') continue;
    const size = Number(attributes.get('size'));
    disk.volumes.set(vid, { size, content: disk.newContent(), began: undefined, revisions: [] });
  }
  const world = new PreloadWorld(seedOf(bytes, disk));
  const { app } = world.host;
  app.apply(() => app.setText(app.property('default_pool'), POOL));
  return world;
}
