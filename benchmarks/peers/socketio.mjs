// socket.io's own room relay: what it documents for a room, and nothing else.
import { Server } from 'socket.io';

const io = new Server(Number(process.argv[2]), {
  serveClient: false,
  transports: ['websocket'],
});
io.on('connection', (socket) => {
  socket.on('join', (room) => socket.join(room));
  socket.on('op', (room, op) => socket.to(room).emit('op', op));
});
