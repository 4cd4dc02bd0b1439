// The control connection of the references in Node; what it says stands in control.py.

import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

export function eventOf(number, filler) {
  return {
    kind: 'CHANGED',
    cursor: 'ev1.NjdmZWFhMGZhNTg4OjEwMDAwMDI6MjM2YjlkM2Q4Yg',
    seq: String(number),
    caseId: 'Q2FzZToxMDAwMDAy',
    version: 2,
    action: 'REGISTER',
    case: { state: 'REGISTERED', title: filler },
  };
}

export function listen(port, publish) {
  let number = 0;
  let filler = 'x';
  createServer((socket) => {
    socket.setNoDelay(true);
    createInterface({ input: socket }).on('line', (line) => {
      const [word, text] = line.split(' ');
      const value = Number(text);
      const at = process.hrtime.bigint();
      let before = number;
      if (word === 'start') before = number = value;
      if (word === 'pad') filler = 'x'.repeat(value);
      if (word === 'emit') while (number < before + value) publish(eventOf(++number, filler));
      socket.write(`${before + 1} ${number} ${at}\n`);
    });
    socket.on('error', () => {});
  }).listen(port, '127.0.0.1');
}
