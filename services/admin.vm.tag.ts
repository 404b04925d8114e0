import { QubesTagNotFoundError } from '../lib/base/admin-error.ts';
import { parseTag } from '../lib/model/tags.ts';
import { requirePermission } from '../lib/rpc/admin-call.ts';
import { CHANGES_QUBE, READS_QUBE } from '../lib/rpc/admin-facts.ts';
import type { AdminService } from '../lib/rpc/admin-service.ts';
import { lines } from '../lib/rpc/lines.ts';
import { saveChange } from '../lib/rpc/save-change.ts';

export const services: readonly AdminService[] = [
  {
    ...READS_QUBE,
    name: 'admin.vm.tag.List',
    summary: 'Tags of a qube, one per line, sorted.',
    argument: 'none',
    payload: 'none',
    handle(call) {
      requirePermission(call);
      return lines([...call.destination.tags].sort());
    },
  },
  {
    ...READS_QUBE,
    name: 'admin.vm.tag.Get',
    summary: 'Whether a qube has a tag: `1` or `0`.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const tag = parseTag(call.argument);
      requirePermission(call);
      return call.destination.tags.has(tag) ? '1' : '0';
    },
  },
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.tag.Set',
    summary: 'Gives a qube a tag; one that it has already changes nothing.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const tag = parseTag(call.argument);
      requirePermission(call);
      return saveChange(call, () => call.destination.tags.add(tag));
    },
  },
  {
    ...CHANGES_QUBE,
    name: 'admin.vm.tag.Remove',
    summary: 'Takes a tag of a qube away.',
    argument: 'required',
    payload: 'none',
    handle(call) {
      const { destination } = call;
      const tag = parseTag(call.argument);
      requirePermission(call);
      return saveChange(call, () => {
        if (!destination.tags.delete(tag)) throw QubesTagNotFoundError.of(destination.name, tag);
      });
    },
  },
];
