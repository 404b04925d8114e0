import { accept } from './accept.ts';
import { contentError } from '../../base/content-error.ts';
import { backupVolume } from './metadata.ts';
import type { BackupVolume } from './metadata.ts';
import { parseBoolean, parseBytes } from './scalar.ts';
import { select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/**
 * Reads the `<volume-config>` of a `<domain>`; undefined where there is none.
 * @param what the qube in words, for messages
 * @throws DamagedError, stage `content`
 */
export function readCore3Volumes(
  domain: XmlElement,
  file: string,
  what: string,
): ReadonlyMap<string, BackupVolume> | undefined {
  const [config] = select(domain, 'volume-config');
  if (config === undefined) return undefined;
  const volumes = new Map<string, BackupVolume>();
  for (const { attributes } of select(config, 'volume')) {
    const flag = (name: string): boolean => parseBoolean(attributes.get(name) ?? '') ?? false;
    const size = attributes.get('size');
    const candidate = {
      name: attributes.get('name'),
      size: size === undefined ? undefined : parseBytes(size),
      saveOnStop: flag('save_on_stop'),
      snapOnStart: flag('snap_on_start'),
      rw: flag('rw'),
      source: attributes.get('source'),
    };
    const volume = accept(backupVolume, candidate, file, `a volume of ${what}`);
    if (volumes.has(volume.name)) {
      throw contentError(file, `${what}: volume "${volume.name}" stands there twice`);
    }
    volumes.set(volume.name, volume);
  }
  return volumes;
}
