import { describe, expect, it } from 'vitest';
import { amountText, centsOf, sumOf, yuanText } from './money';

describe('a sum of money', () => {
  it.each([
    ['0', '0.00'],
    ['5', '0.05'],
    ['-5', '-0.05'],
    ['99999', '999.99'],
    ['100000', '1,000.00'],
    ['-123456789', '-1,234,567.89'],
    ['900719925474099301', '9,007,199,254,740,993.01'],
  ])('of %s cents is %s yuan', (cents, yuan) => expect(amountText(cents)).toBe(yuan));

  it('by itself has its sign, after the minus', () => {
    expect([yuanText('549999999'), yuanText(-200), yuanText(12)]).toEqual(['¥5,499,999.99', '-¥2.00', '¥0.12']);
  });

  it('is added up to the cent', () => {
    expect(sumOf([])).toBe(0n);
    expect(amountText(sumOf(['900719925474099301', '1', '-2']))).toBe('9,007,199,254,740,993.00');
  });

  it.each([
    ['128.5', 12850],
    ['0.07', 7],
    [' ¥1,200 ', 120000],
    ['9999999.99', 999999999],
    ['10000000', null],
    ['1.005', null],
    ['-3', null],
    ['一百', null],
    ['', null],
  ])('written as %s is %s cents', (text, cents) => expect(centsOf(text)).toBe(cents));
});
