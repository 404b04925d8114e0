import {
  createLabel,
  parseColor,
  parseLabelName,
  parseNewLabelName,
  removeLabel,
} from '../lib/model/labels.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_SYSTEM, READS_SYSTEM } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

export const services: readonly AdminService[] = [
  {
    ...READS_SYSTEM,
    name: 'admin.label.List',
    summary: 'Names of the labels, one per line, by index.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines(call.app.labels.map(({ name }) => name));
    },
  },
  {
    ...READS_SYSTEM,
    name: 'admin.label.Get',
    summary: 'Colour of a label: `0xcc0000`.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const { color } = call.app.label(parseLabelName(call.argument));
      requirePermission(call);
      return color;
    },
  },
  {
    ...READS_SYSTEM,
    name: 'admin.label.Index',
    summary: 'Number of a label, 1 to 8 for the built-in ones.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const { index } = call.app.label(parseLabelName(call.argument));
      requirePermission(call);
      return String(index);
    },
  },
  {
    ...CHANGES_SYSTEM,
    name: 'admin.label.Create',
    summary: 'Adds a label of the colour in the payload: `0xcc0000`.',
    argument: 'required',
    payload: 'required',
    handle(call) {
      const name = parseNewLabelName(call.argument);
      const color = parseColor(call.untrustedPayload);
      requirePermission(call);
      return saveChange(call, () => createLabel(call.app, name, color));
    },
  },
  {
    ...CHANGES_SYSTEM,
    name: 'admin.label.Remove',
    summary: 'Removes a label that is not built in and that no qube has.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const label = call.app.label(parseLabelName(call.argument));
      requirePermission(call);
      return saveChange(call, () => removeLabel(call.app, label));
    },
  },
];
