import { QubesValueError } from '../base/admin-error.ts';
import { decodeAscii } from '../base/ascii.ts';
import { printValue } from '../model/property.ts';
import type { Property } from '../model/property.ts';
import type { PropertyHolder } from '../model/property-holder.ts';
import { requirePermission } from './admin-call.ts';
import type { AdminCall } from './admin-call.ts';
import type { AdminFacts } from './admin-facts.ts';
import type { AdminService } from './admin-service.ts';
import { lines } from './lines.ts';
import { saveChange } from './save-change.ts';

/** Whose properties the calls are about. */
interface Subject<Holder> {
  /** Under which name the calls go: `admin.vm.property`. */
  readonly prefix: string;
  /** For the summaries: `a qube`. */
  readonly title: string;
  readonly reads: AdminFacts;
  readonly changes: AdminFacts;
  readonly holderOf: (call: AdminCall) => PropertyHolder<Holder>;
}

/** The calls on properties: alike for a qube and for the system. */
export function propertyServices<Holder>(subject: Subject<Holder>): readonly AdminService[] {
  const { prefix, title, reads, changes, holderOf } = subject;
  return [
    {
      ...reads,
      name: `${prefix}.List`,
      summary: `Names of the properties of ${title}, one per line.`,
      argument: 'none',
      payload: 'none',
      handle(call) {
        requirePermission(call);
        return lines([...holderOf(call).properties].map(({ name }) => name));
      },
    },
    {
      ...reads,
      name: `${prefix}.Get`,
      summary: `Value of a property of ${title}: \`default=True type=int 400\`.`,
      argument: 'required',
      payload: 'none',
      handle(call) {
        const holder = holderOf(call);
        const row = holder.property(call.argument);
        requirePermission(call);
        return show(holder, row);
      },
    },
    {
      ...reads,
      name: `${prefix}.GetAll`,
      summary: `Values of all properties of ${title}, one per line after its name; line breaks and backslashes are escaped.`,
      argument: 'none',
      payload: 'none',
      handle(call) {
        requirePermission(call);
        const holder = holderOf(call);
        return lines(
          [...holder.properties].map((row) => `${row.name} ${oneLine(show(holder, row))}`),
        );
      },
    },
    {
      ...reads,
      name: `${prefix}.GetDefault`,
      summary: `Value that a property of ${title} has when it is not set; nothing where there is none.`,
      argument: 'required',
      payload: 'none',
      handle(call) {
        const holder = holderOf(call);
        const row = holder.property(call.argument);
        requirePermission(call);
        const value = holder.defaultOf(row);
        return value === undefined ? '' : `type=${row.type} ${printValue(value)}`;
      },
    },
    {
      ...reads,
      name: `${prefix}.Help`,
      summary: `What a property of ${title} means.`,
      argument: 'required',
      payload: 'none',
      handle(call) {
        const { doc } = holderOf(call).property(call.argument);
        requirePermission(call);
        return doc;
      },
    },
    {
      ...changes,
      name: `${prefix}.Set`,
      summary: `Sets a property of ${title} to the value in the payload.`,
      argument: 'required',
      payload: 'optional',
      handle(call) {
        const holder = holderOf(call);
        const row = holder.property(call.argument);
        const untrusted = decodeAscii(call.untrustedPayload);
        if (untrusted === undefined) throw new QubesValueError('Non-ASCII bytes in property value');
        requirePermission(call);
        return saveChange(call, () => holder.setText(row, untrusted));
      },
    },
    {
      ...changes,
      name: `${prefix}.Reset`,
      summary: `Takes the value of a property of ${title} away, so that its default applies.`,
      argument: 'required',
      payload: 'none',
      handle(call) {
        const holder = holderOf(call);
        const row = holder.property(call.argument);
        requirePermission(call);
        return saveChange(call, () => holder.reset(row));
      },
    },
  ];
}

function show<Holder>(holder: PropertyHolder<Holder>, row: Property<Holder>): string {
  const isDefault = holder.isDefault(row) ? 'True' : 'False';
  return `default=${isDefault} type=${row.type} ${printValue(holder.find(row))}`;
}

function oneLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
