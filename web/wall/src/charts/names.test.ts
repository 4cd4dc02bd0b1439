import { expect, it } from 'vitest';
import { shortName } from './names';

it.each([
  ['木渎镇', '木渎'],
  ['长桥街道', '长桥'],
  ['荷花村委会', '荷花'],
  ['南通经济技术开发区', '南通经开'],
  ['丰县', '丰县'],
])('%s is written %s on a tile', (name, short) => expect(shortName(name)).toBe(short));
