import { describe, expect, it } from 'vitest';
import { cut, nameOf } from './words';

describe('the name of a case', () => {
  it('is its matter, else what was said, else its title', () => {
    expect(nameOf({ matter: { name: '道路破损' }, title: '道路破损 · 二郎巷', description: '有坑' })).toBe('道路破损');
    expect(nameOf({ title: '报事 · 二郎巷', description: ' 楼道\n里有杂物 ' })).toBe('楼道 里有杂物');
    expect(nameOf({ title: '报事 · 二郎巷', description: null })).toBe('报事');
  });

  it('is cut between characters as people count them, and not behind a comma', () => {
    expect(cut('🚲🔥🚲🔥', 3)).toBe('🚲🔥🚲…');
    expect(cut('电动车，消防通道', 4)).toBe('电动车…');
    expect(cut('刚好四字', 4)).toBe('刚好四字');
  });
});
