import { expect, it } from 'vitest';
import { arrange } from './actions';

it('puts first what moves the case on, and last what ends it', () => {
  expect(arrange(['ACCEPT', 'REGISTER', 'DECLINE', 'MERGE', 'RESPOND'], 'SUBMITTED', false)).toEqual({
    next: 'ACCEPT',
    others: ['REGISTER', 'MERGE', 'RESPOND'],
    against: ['DECLINE'],
  });
});

it('asks for the answer first where nobody has been answered, then for the closing', () => {
  const available = ['CLOSE', 'REWORK', 'RESPOND'];

  expect(arrange(available, 'HANDLED', false).next).toBe('RESPOND');
  expect(arrange(available, 'HANDLED', true).next).toBe('CLOSE');
});

it('lets a commander rule and a dispatcher dispatch what came back', () => {
  expect(arrange(['RULE', 'DISPATCH'], 'RETURNED', false).next).toBe('RULE');
  expect(arrange(['DISPATCH', 'DECLINE'], 'RETURNED', false).next).toBe('DISPATCH');
});

it('asks first that somebody says they have seen what is urgent', () => {
  expect(arrange(['ACCEPT', 'ACKNOWLEDGE'], 'SUBMITTED', false)).toMatchObject({ next: 'ACKNOWLEDGE', others: ['ACCEPT'] });
});

it('promotes nothing for somebody who can only add', () => {
  expect(arrange(['RESPOND'], 'IN_PROGRESS', false)).toEqual({ next: null, others: ['RESPOND'], against: [] });
});
