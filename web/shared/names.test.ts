import { expect, it } from 'vitest';
import { placeName, shortName, unitName } from './names';

it.each([
  ['木渎镇', '木渎'],
  ['长桥街道', '长桥'],
  ['荷花村委会', '荷花'],
  ['南通经济技术开发区', '南通经开'],
  ['丰县', '丰县'],
])('%s is written %s on a tile', (name, short) => expect(shortName(name)).toBe(short));

it.each([
  ['张家港经济技术开发区', '经开'],
  ['张家港市现代农业示范园区', '现代农业示范园'],
  ['国家苏州太湖旅游度假区', '太湖旅游度假'],
  ['张家港街道', '张家港'],
  ['凤凰镇', '凤凰'],
])('within 苏州市张家港市, %s is written %s', (name, short) => expect(shortName(name, ['苏州市', '张家港市'])).toBe(short));

it.each([
  ['东亭社区居委会', '东亭社区'],
  ['荷花村委会', '荷花村'],
  ['天井村村委会', '天井村'],
  ['大德村民委员会', '大德村'],
  ['松陵街道', '松陵街道'],
])('%s is the place %s', (name, place) => expect(placeName(name)).toBe(place));

it.each([
  ['苏州市民政局', '苏州市', '民政局'],
  ['吴中区民政局', '苏州市', '吴中区民政局'],
  ['苏州市局', '苏州市', '苏州市局'],
  ['苏州市住房和城乡建设局', '苏州市', '住建局'],
  ['吴中区人力资源和社会保障局', '苏州市', '吴中区人社局'],
  ['苏州市民政局', undefined, '苏州市民政局'],
])('%s on the board of %s is written %s', (name, place, written) => expect(unitName(name, place)).toBe(written));
