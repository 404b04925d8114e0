// Makes the manual page of the services from their declarations: qubes-rpc-services(7).
import type { AdminService, Api, Presence } from '../lib/rpc/admin-service.ts';
import type { Service, ServiceFacts } from '../lib/rpc/service.ts';
import { streamArgument } from './declarations.ts';

const HEAD = `.\\" Made by \`make generate\`.
.Dd November 22, 2026
.Dt QUBES-RPC-SERVICES 7
.Os
.Sh NAME
.Nm qubes-rpc-services
.Nd the RPC services of Qubes OS that this project brings
.Sh DESCRIPTION
A service is called by qrexec, after policy has allowed the call.
Each is an executable: it finds its argument, its caller and the requested target in the
environment
.Po Ev QREXEC_SERVICE_ARGUMENT ,
.Ev QREXEC_REMOTE_DOMAIN ,
.Ev QREXEC_REQUESTED_TARGET Pc ,
the request on its standard input, and answers on its standard output.
.Pp
The families are those of
.Ql qubes-rpc services .
Behind the name of a service stands
.Ar ARG
where it needs an argument, and
.Op Ar ARG
where it may have one.
In brackets: what policy goes by, whether a call touches one qube (local) or the whole system
(global), and whether it reads, writes, or executes.`;

const ADMIN_PROTOCOL: Readonly<Record<Api, string>> = {
  admin: `.Sh FAMILY ADMIN: THE ADMIN API
The executable passes the call on to who serves the Admin API:
.Sy qubesd ,
or the resident host,
.Xr qubes-rpcd 8 .
.Pp
The request is the payload, to the end of input: at most 65536 bytes with the descriptor of the call
that a socket wants before it,
.Ql METHOD+ARGUMENT SOURCE name DESTINATION
and a NUL.
The reply is one of
.Bl -tag -width Ds
.It Sy 0\\e0CONTENT
Done.
.It Sy 2\\e0ERROR\\e0\\e0MESSAGE\\e0
Refused: the name of the error, and what it says.
The reference puts values behind the message, each with a NUL, for
.Ql %s
in it.
.It Sy 1\\e0SUBJECT\\e0EVENT\\e0KEY\\e0VALUE\\e0...\\e0\\e0
An event; many of them, only of
.Ql admin.Events .
.El
.Pp
The exit status is 0 whenever a complete reply was written.`,
  internal: `.Sh PROGRAMS OF DOM0
Calls as above on the socket
.Pa qubesd.internal.sock ,
which policy does not govern and only programs of dom0 may open.`,
  misc: `.Sh FAMILY NOTIFY: WHAT QUBES TELL DOM0 OF THEMSELVES
Calls as above on the socket
.Pa qubesd.misc.sock .
What a qube has to say is in its QubesDB.`,
};

const RESTORE_PROTOCOL = `.Sh FAMILY RESTORE: BACKUPS OF A QUBE
These run in the qube that stores the archive, as its user.
A
.Em location
is one line of at most 16384 bytes: a path, or a command, split into words by spaces and tabs, with
quotes and backslash as in a shell, but without a shell: what one would act on has to be quoted.
.Bl -tag -width Ds
.It Sy qubes.Restore
Request: the location of a file or a command that puts the archive out; a line with the beginnings of
the wanted names, separated by spaces, none for all; then the receiver's answer.
Response: a qfile stream.
Exit status: 0, 1 for a failure, 2 for a location that is neither.
.It Sy qubes.RegisterBackupLocation
Request: a location.
Response: an id of eight letters and digits, good until the request ends.
.It Sy qubes.RestoreById
As
.Sy qubes.Restore
without the first line: the argument is such an id.
.It Sy qubes.Backup
Request: the location of a folder, of a command that takes the archive on its standard input, or of a
new file; then the archive, to the end of the request.
No response.
Exit status: 0 when all of it is on disk, 1 for a failure.
A file has its name only when it is complete, and never takes the place of another.
.El
.Pp
They are declared as:`;

const WAIT_PROTOCOL = `.Sh FAMILY WAIT: UNTIL A QUBE IS READY
No request and no response: the end of the call tells, its exit status how it went.`;

/** The manual page of all services. */
export function servicesPage(
  adminServices: readonly AdminService[],
  streamServices: readonly Service[],
): string {
  const [waiting, imports, others] = [
    streamServices.filter(({ name }) => name.startsWith('qubes.WaitFor')),
    streamServices.filter(({ name }) => name.startsWith('admin.')),
    streamServices.filter(({ name }) => !/^(?:admin\.|qubes\.WaitFor)/.test(name)),
  ];
  const ofApi = (api: Api): AdminService[] => adminServices.filter((one) => one.api === api);
  return [
    HEAD,
    RESTORE_PROTOCOL,
    list(others, streamArgument),
    WAIT_PROTOCOL,
    list(waiting, streamArgument),
    ADMIN_PROTOCOL.admin,
    list(ofApi('admin'), (service) => service.argument),
    `.Pp
Two take a stream as their payload, of any size, and are executables that write it themselves:`,
    list(imports, streamArgument),
    ADMIN_PROTOCOL.misc,
    list(ofApi('misc'), (service) => service.argument),
    ADMIN_PROTOCOL.internal,
    list(ofApi('internal'), (service) => service.argument),
    `.Sh SEE ALSO
.Xr qubes-restore 1 ,
.Xr qubes-rpc 1 ,
.Xr qubes-rpcd 8`,
    '',
  ].join('\n');
}

const ARGUMENTS: Readonly<Record<Presence, string>> = {
  none: '',
  optional: ' Op Ar ARG',
  required: ' Ar ARG',
};

function list<One extends ServiceFacts>(
  services: readonly One[],
  argumentOf: (service: One) => Presence,
): string {
  const items = services
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((service) => {
      const { name, access, summary } = service;
      const shown = access === undefined ? '' : ` [${access.scope} ${access.effect}]`;
      return `.It Sy ${name}${ARGUMENTS[argumentOf(service)]}\n${mdocText(summary + shown)}`;
    });
  return ['.Bl -tag -width Ds', ...items, '.El'].join('\n');
}

/** Sentences as text of a manual page: each begins a line. */
function mdocText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('`', '')
    .replaceAll(/\. (?=[A-Z])/g, '.\n')
    .replace(/^(?=[.'])/, '\\&');
}
