import type { AdminService, Api } from '../lib/rpc/admin-service.ts';
import type { Service, ServiceFacts } from '../lib/rpc/service.ts';
import { streamArgument } from './declarations.ts';

const HEAD = `# Services

Made from the declarations in \`services/\` by \`make generate\`.

*Called on*: dom0, a qube (another one than dom0), or either. *Access* is what policy goes by: whether a
call touches one qube (local) or the whole system (global), and whether it reads, writes, or executes:
sets something going. Where there is none, policy does not govern the call.
`;

const SECTIONS: Readonly<Record<Api, string>> = {
  admin: `## The Admin API

Answered by the resident host on \`qubesd.sock\`. A request and its payload have at most 64 KiB.

One call is not the reference's: \`admin.vm.Describe\` tells at once what takes hundreds of others. Each
line of its reply is a JSON document about one qube:

\`\`\`json
{
  "name": "work",
  "class": "AppVM",
  "state": "Halted",
  "uuid": "fac82630-5ba5-43a3-97cf-b080412b9f47",
  "properties": { "memory": { "value": "400", "type": "int", "default": true } },
  "features": { "gui": "1" },
  "tags": ["guivm-dom0"]
}
\`\`\`

\`value\` is the text that \`admin.vm.property.Get\` answers, empty for none. Qubes, properties, features and
tags that the caller may not read one by one are left out.`,
  internal: `## For programs of dom0

Answered by the resident host on \`qubesd.internal.sock\`. \`ExportBegin\` and \`ExportEnd\` are not the
reference's: the saved content of a volume is read between them, which the Admin API lets nobody do. The
reply of the first is the size, a space, and the path.`,
  misc: `## What qubes tell dom0 of themselves

Answered by the resident host on \`qubesd.misc.sock\`.`,
};

const STREAMS = `## Services of a qube

Executables: request and response are streams.`;

/** The reference page of all services. */
export function serviceReference(
  adminServices: readonly AdminService[],
  streamServices: readonly Service[],
): string {
  const sections = Object.entries(SECTIONS).map(([api, title]) =>
    section(
      title,
      adminServices.filter((service) => service.api === api),
      adminRow,
    ),
  );
  return [HEAD, ...sections, section(STREAMS, streamServices, streamRow)].join('\n');
}

function section<One extends ServiceFacts>(
  title: string,
  services: readonly One[],
  rowOf: (service: One) => string,
): string {
  const head = '| service | called on | argument | payload | access | what it does |';
  const rows = services.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(rowOf);
  return `${[title, '', head, '|---|---|---|---|---|---|', ...rows].join('\n')}\n`;
}

function adminRow(service: AdminService): string {
  return row(service, service.argument, service.payload);
}

function streamRow(service: Service): string {
  return row(service, streamArgument(service), 'stream');
}

function row(service: ServiceFacts, argument: string, payload: string): string {
  const { name, destination, access, summary } = service;
  const shownAccess = access === undefined ? '' : `${access.scope} ${access.effect}`;
  const cells = [`\`${name}\``, destination, argument, payload, shownAccess, summary];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
