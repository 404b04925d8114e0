import test from 'ava';
import fc from 'fast-check';
import { parseCore2 } from '../../../lib/archive/metadata/core2.ts';
import { parseCore3 } from '../../../lib/archive/metadata/core3.ts';
import { expectedParts } from '../../../lib/archive/metadata/expected-parts.ts';
import { parseFirewallXml } from '../../../lib/base/firewall/rules-xml.ts';
import { parseMemberName } from '../../../lib/archive/outer/member-name.ts';
import type { BackupMetadata } from '../../../lib/archive/metadata/metadata.ts';
import { DamagedError } from '../../../lib/base/errors.ts';
import { fixture } from './manifest.ts';

const odd = fc.oneof(
  fc.constantFrom('', '..', '../x', '/', '0', '-1', '1e9', '99999999999999999999', 'NaN', 'None'),
  fc.constantFrom(
    'dom0',
    'vm2',
    'vm2/',
    'AdminVM',
    'name',
    'label',
    '__proto__',
    'toString',
    '[',
    '{',
  ),
  fc.constantFrom('&lt;', '&#10;', '\x1b', '"', "'", '<a/>', '{1: 2}', "['x']", 'x'.repeat(300)),
  fc.string({ maxLength: 5 }),
);

/** A document of which some texts, values or names are replaced by odd ones. */
function damaged(document: string): fc.Arbitrary<string> {
  const seats = [...document.matchAll(/(?<=["'>])[^"'<>]*(?=["'<])|(?<=<\/?)[\w-]+/g)];
  const edit = fc.tuple(fc.nat(seats.length - 1), odd);
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    // From the end, so that earlier seats keep their place.
    const sorted = [...edits].sort(([a], [b]) => b - a);
    return sorted.reduce((text, [seat, put]) => {
      const { index = 0, 0: old = '' } = seats[seat] ?? {};
      return text.slice(0, index) + put + text.slice(index + old.length);
    }, document);
  });
}

/** What every accepted document must give, whatever it says. */
function isSound({ qubes, labels, warnings }: BackupMetadata): boolean {
  const labelNames = new Set([...labels.values()].map(({ name }) => name));
  return (
    warnings.every((warning) => /^[\x20-\x7e…]+$/.test(warning)) &&
    [...qubes].every(([name, qube]) => {
      const { required, optional } = expectedParts(qube);
      return (
        name === qube.name &&
        /^[A-Za-z][A-Za-z0-9_.-]{0,30}$/.test(name) &&
        (name === 'dom0') === (qube.class === 'AdminVM') &&
        labelNames.has(qube.label) &&
        Number.isSafeInteger(qube.backup.size) &&
        [...required, ...optional].every((file) => parseMemberName(`${file}.000`) !== undefined)
      );
    })
  );
}

const text = (path: string): string => Buffer.from(fixture(path)).toString();
const CASES: readonly (readonly [string, string, (bytes: Uint8Array) => boolean])[] = [
  ['store of Qubes 4', text('xml/v4-gzip.qubes.xml'), (bytes) => isSound(parseCore3(bytes))],
  ['store of Qubes 3', text('xml/v3.qubes.xml'), (bytes) => isSound(parseCore2(bytes))],
  [
    'firewall of Qubes 4',
    text('xml/v4-vm7.firewall.xml'),
    (bytes) => parseFirewallXml(bytes, 'f').length <= 8,
  ],
  [
    'firewall of Qubes 3',
    text('xml/v3-vm5.firewall.xml'),
    (bytes) => parseFirewallXml(bytes, 'f').length === 7,
  ],
];
for (const [what, document, isSoundFile] of CASES) {
  test(`a damaged ${what} is understood soundly or refused with a DamagedError`, (t) => {
    let accepted = 0;
    fc.assert(
      fc.property(damaged(document), (untrusted) => {
        try {
          if (!isSoundFile(Buffer.from(untrusted))) return false;
          accepted++;
          return true;
        } catch (error) {
          return error instanceof DamagedError && /^[\x20-\x7e…]+$/.test(error.message);
        }
      }),
      { numRuns: 80, seed: 1 },
    );
    // Both ways were taken, else this would test nothing.
    t.true(accepted > 5 && accepted < 80, `${accepted} accepted`);
  });
}
