// Another client: `node writer.ts SOCKET` sets a feature again and again.
import { call, request } from './client.ts';
import { qubeName } from './make-store.ts';

const [, , socket = ''] = process.argv;
for (let n = 0; ; n++) {
  await call(socket, request('admin.vm.feature.Set+writer', qubeName(3), String(n)));
}
