import { firstIssue } from '../../base/first-issue.ts';
import { backupDevice } from './metadata.ts';
import type { BackupDevice } from './metadata.ts';
import { namedTexts } from '../../base/xml/named-texts.ts';
import { parseBoolean } from './scalar.ts';
import { select } from '../../base/xml/xml.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/**
 * Reads the `<devices>` of a `<domain>`: what is assigned to it, one element for each bus. An
 * assignment that cannot be understood is handed to `warn` and left out: it is no reason to lose
 * the data of the qube.
 * @param what the qube in words, for messages
 */
export function readCore3Devices(
  domain: XmlElement,
  file: string,
  what: string,
  warn: (warning: string) => void,
): readonly BackupDevice[] {
  return select(domain, 'devices').flatMap((bus) =>
    select(bus, 'device').flatMap((element) => {
      const { attributes } = element;
      const options = namedTexts(select(element, 'option'), file, `a device of ${what}`);
      // For a while the identity was written as an option.
      const identity = attributes.get('identity') ?? options.get('identity') ?? '*';
      options.delete('identity');
      const result = backupDevice.safeParse({
        bus: bus.attributes.get('class'),
        backendDomain: attributes.get('backend-domain'),
        portId: attributes.get('id') ?? '*',
        identity,
        mode: modeOf(attributes),
        options,
      });
      if (result.success) return [result.data];
      warn(`A device assigned to ${what} is left out: ${firstIssue(result.error)}`);
      return [];
    }),
  );
}

/** `mode=` of Qubes 4.3, `required=` before, the strictest where neither stands. */
function modeOf(attributes: ReadonlyMap<string, string>): string | undefined {
  const required = attributes.get('required');
  if (attributes.has('mode') || required === undefined) return attributes.get('mode') ?? 'required';
  const isRequired = parseBoolean(required);
  if (isRequired === undefined) return undefined;
  return isRequired ? 'required' : 'auto-attach';
}
