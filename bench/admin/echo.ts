// The least a server in Node can do: `node echo.ts SOCKET REPLY` takes a request to its end and
// answers always the same. What our host takes beyond it is its own.
import { createServer } from 'node:net';

const [, , path, reply = ''] = process.argv;
const answer = Buffer.from(`0\0${reply}`);
createServer({ allowHalfOpen: true }, (socket) => {
  const parts: Uint8Array[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('end', () => {
    Buffer.concat(parts);
    socket.end(answer);
  });
  socket.on('error', () => undefined);
}).listen(path);
