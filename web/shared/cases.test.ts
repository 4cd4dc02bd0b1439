import { expect, it } from 'vitest';
import { placeOf } from './cases';

const ONE = { division: { name: '十图村村委会', fullName: '苏州市相城区阳澄湖镇十图村村委会' }, grid: { name: '第1网格' } };
const seen = (fullName: string) => placeOf(ONE, { name: fullName, fullName });

it('says a place from where one looks downwards', () => {
  expect(seen('苏州市相城区')).toBe('阳澄湖镇十图村 第1网格');
  expect(seen('苏州市')).toBe('相城区阳澄湖镇十图村 第1网格');
});

it('says all of it to a province, which no full name begins with', () => {
  expect(seen('江苏省')).toBe('苏州市相城区阳澄湖镇十图村 第1网格');
  expect(placeOf(ONE, null)).toBe('苏州市相城区阳澄湖镇十图村 第1网格');
});
