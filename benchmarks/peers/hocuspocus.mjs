// Hocuspocus as its documentation starts it: each document is merged in memory and its updates are passed on.
import { Server } from '@hocuspocus/server';

await new Server({ port: Number(process.argv[2]), address: '127.0.0.1', quiet: true }).listen();
