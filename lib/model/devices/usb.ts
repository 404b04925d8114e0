import type { Device } from './device.ts';
import { UNKNOWN_INTERFACE } from './device.ts';
import type { DeviceClass } from './device-class.ts';
import { withoutOptions } from './device-class.ts';
import { readExposedEntries, safeText } from './exposed-entries.ts';

const FOLDER = '/qubes-usb-devices';
/** Bus and ports; in the database there is `_` for each dot. */
const NAME = /^[0-9]+-[0-9]+(?:_[0-9]+)*$/;
const INTERFACE = /^[0-9a-f]{6}$/;
const QUBE_NAME = /^[a-zA-Z][a-zA-Z0-9_.-]{0,30}$/;
const UNKNOWN_ID = '0000';

/** USB devices: what a backend lists in its QubesDB. */
export const USB: DeviceClass = {
  name: 'usb',
  comesWithDomain: false,
  attachesLater: true,
  watched: FOLDER,
  async available(backend) {
    const entries = await readExposedEntries(backend, FOLDER, NAME);
    return [...entries].map(([name, entry]) => {
      const { ids, ...description } = readDescription(entry.get('desc'));
      const interfaces = readInterfaces(entry.get('interfaces'));
      const serial = (description.serial ?? '').replace(/[^a-zA-Z0-9_.-]/g, '_');
      return {
        deviceClass: USB.name,
        backend: backend.name,
        port: name.replaceAll('_', '.'),
        device: `${ids}:${serial}:${interfaces.join('')}`,
        ...description,
        interfaces,
        claimedBy: readClaim(entry.get('connected-to')),
      };
    });
  },
  prepare: (_qube, _device, options) => withoutOptions(options),
};

interface Description extends Pick<Device, 'manufacturer' | 'name' | 'serial'> {
  /** Vendor and product: `0951:1666`. */
  readonly ids: string;
}

/**
 * `0951:1666 Kingston DataTraveler\x203.0 60A44C`: numbers of vendor and product, their names, and a
 * serial number, each possibly empty and with its spaces written as `\x20`. What has another form is
 * shown as a name.
 */
function readDescription(untrusted: Uint8Array | undefined): Description {
  const text = safeText(untrusted, /[^ -~]/g);
  const [ids = '', ...words] = text.split(' ');
  if (!/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(ids) || words.length !== 3) {
    return { ids: `${UNKNOWN_ID}:${UNKNOWN_ID}`, name: readWord(text.replaceAll(' ', '_')) };
  }
  const [manufacturer, name, serial] = words.map(readWord);
  return { ids, manufacturer, name, serial };
}

function readWord(untrusted: string): string | undefined {
  const unescaped = untrusted.replace(/\\x([0-9a-fA-F]{2})/g, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
  const word = unescaped.replace(/[^ -~]/g, '_');
  return word === '' ? undefined : word;
}

/** `:080650:030101:`: class, subclass and protocol of each. */
function readInterfaces(untrusted: Uint8Array | undefined): readonly string[] {
  const codes = safeText(untrusted, /[^0-9a-f:]/g).split(':');
  const known = codes.filter((code) => INTERFACE.test(code)).map((code) => `u${code}`);
  return known.length === 0 ? [UNKNOWN_INTERFACE] : known;
}

function readClaim(untrusted: Uint8Array | undefined): string | undefined {
  const name = safeText(untrusted, /[^a-zA-Z0-9_.-]/g);
  return QUBE_NAME.test(name) ? name : undefined;
}
