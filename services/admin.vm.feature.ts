import { ProtocolError, QubesFeatureNotFoundError } from '../lib/base/admin-error.ts';
import { decodeAscii } from '../lib/base/ascii.ts';
import {
  featureWithAdminVm,
  featureWithNetvm,
  featureWithTemplate,
  featureWithTemplateAndAdminVm,
} from '../lib/model/feature-lookup.ts';
import type { Qube } from '../lib/model/qube.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    name: 'admin.vm.feature.List',
    summary: 'Names of the features of a qube, one per line.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines(call.destination.features.names());
    },
  },
  look('Get', 'Value of a feature of a qube.', (qube, name) => qube.features.get(name)),
  look(
    'CheckWithTemplate',
    'Value of a feature of a qube, else of its template.',
    featureWithTemplate,
  ),
  look(
    'CheckWithNetvm',
    'Value of a feature of a qube, else of the next qube towards the network that has it.',
    featureWithNetvm,
  ),
  look('CheckWithAdminVM', 'Value of a feature of a qube, else of dom0.', featureWithAdminVm),
  look(
    'CheckWithTemplateAndAdminVM',
    'Value of a feature of a qube, else of its template, else of dom0.',
    featureWithTemplateAndAdminVm,
  ),
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.feature.Set',
    summary: 'Sets a feature of a qube to the value in the payload; an empty one means false.',
    argument: 'required',
    payload: 'optional',
    handle(call) {
      const [name, value] = parseFeature(call.argument, call.untrustedPayload);
      requirePermission(call);
      return saveChange(call, () => call.destination.features.set(name, value));
    },
  },
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.feature.Remove',
    summary: 'Takes a feature of a qube away.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const { destination, argument } = call;
      requirePermission(call);
      return saveChange(call, () => {
        if (destination.features.delete(argument)) return;
        throw QubesFeatureNotFoundError.of(destination.name, argument);
      });
    },
  },
];

function look(
  verb: string,
  summary: string,
  find: (qube: Qube, feature: string) => string | undefined,
): AdminService {
  return {
    ...READS_QUBE,
    name: `admin.vm.feature.${verb}`,
    summary,
    argument: 'required',
    payload: 'none',
    handle(call) {
      const { destination, argument } = call;
      requirePermission(call);
      const value = find(destination, argument);
      if (value !== undefined) return value;
      throw QubesFeatureNotFoundError.of(destination.name, argument);
    },
  };
}

/** @throws ProtocolError */
function parseFeature(
  untrustedName: string,
  untrustedValue: Uint8Array,
): readonly [name: string, value: string] {
  const value = decodeAscii(untrustedValue);
  if (value === undefined) throw new ProtocolError('Feature value contains non-ASCII characters');
  if (!/^[a-zA-Z0-9_.-]+$/.test(untrustedName)) {
    throw new ProtocolError('feature name contains illegal characters');
  }
  if (/^[\x20-\x7e]*$/.test(value)) return [untrustedName, value];
  throw new ProtocolError(`${untrustedName} value contains illegal characters`);
}
